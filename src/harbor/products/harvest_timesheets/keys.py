"""Names as they are compared: two that differ in case or in blanks alone are the same name."""

from __future__ import annotations

import unicodedata


def name_key(name: str) -> str:
    """The form in which a name is unique."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
