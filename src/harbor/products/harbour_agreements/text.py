"""The text rule: UTF-8 in NFC, without characters that hide, reorder or break what people read.

Three classes: every text, labels of one line, and what signers type, which is every text and nothing more. Source:
docs/products/harbour.md#text.
"""

from __future__ import annotations

import re
import unicodedata

from harbor.products.harbour_agreements.refusals import Problem, invalid

# C0 without TAB, LF and CR; DEL and C1; surrogates; noncharacters; bidirectional overrides and isolates.
_ANY = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
)
_LABEL = re.compile(r"[\t\n\r<>\\^{}|`]")


def plain(value: str, path: str, *, length_max: int) -> str:
    """Any text (classes A and C) in NFC. Raises `Invalid` with the offending characters as code points."""
    return _checked(value, path, length_max, ())


def label(value: str, path: str, *, length_max: int = 200) -> str:
    """A label of one line (class B) in NFC: also no markup, no braces, no backslash."""
    return _checked(value, path, length_max, (_LABEL,))


def _checked(value: str, path: str, length_max: int, more: tuple[re.Pattern[str], ...]) -> str:
    found = next((match for pattern in (_ANY, *more) if (match := pattern.search(value))), None)
    if found is not None:
        message = f"{path} has the character {_code_point(found)}, which is not allowed here."
        marked = _ANY.sub(_code_point, value)
        for pattern in more:
            marked = pattern.sub(_code_point, marked)
        raise invalid(Problem(path, "invalid_characters", message, marked[:500]))
    normal = unicodedata.normalize("NFC", value)
    if len(normal) > length_max:
        message = f"{path} has {len(normal)} characters; at most {length_max} fit."
        raise invalid(Problem(path, "too_long", message))
    return normal


def _code_point(match: re.Match[str]) -> str:
    return f"\\u{{{ord(match[0]):X}}}"
