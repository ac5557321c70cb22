"""JSON pointers (RFC 6901): where an answer says what. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

_INDEX: Final = re.compile(r"[0-9]{1,9}")


def at(document: Any, pointer: str) -> Any:
    """What stands at a pointer; None where nothing does."""
    if pointer == "":
        return document
    found = document
    for token in pointer[1:].split("/"):
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and _INDEX.fullmatch(name) and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def is_pointer(text: str) -> bool:
    """Whether a text is one: empty, or beginning with a slash, every tilde followed by 0 or 1."""
    return text == "" or (text.startswith("/") and "~" not in text.replace("~0", "").replace("~1", ""))
