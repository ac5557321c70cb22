"""JSON that means one thing only: no duplicate keys, no NaN, no lone surrogates, no U+0000, no endless nesting.

The decoder is fast and lenient about duplicates, so the text is compared with what was understood: in compact form,
every key that got lost is one `":` less. Only texts with escapes take the slow way. (3 us for 400 bytes, slow way 9 us.)
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, NoReturn

import msgspec

from harbor.kernel.bounds import JSON_DEPTH_MAX
from harbor.kernel.errors import Invalid

_encoder = msgspec.json.Encoder()
_sorted = msgspec.json.Encoder(order="deterministic")


def check(raw: bytes) -> object:
    """The value of a JSON text. Raises `Invalid` that says what is wrong with it."""
    try:
        value = msgspec.json.decode(raw)
    except msgspec.ValidationError:
        raise Invalid("The body contains a number that is out of range.", code="invalid_json") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        _explain(raw)
    except RecursionError:
        raise _too_deep() from None
    if b"\\" in raw or (
        raw.count(b'"') > 2 and msgspec.json.format(raw, indent=-1).count(b'":') != _encoder.encode(value).count(b'":')
    ):
        _check_slowly(raw)
    if raw.count(b"{") + raw.count(b"[") > JSON_DEPTH_MAX and _depth(value) > JSON_DEPTH_MAX:
        raise _too_deep()
    return value


def compact(raw: bytes | msgspec.Raw) -> str:
    """The text of a checked value without insignificant blanks and otherwise unchanged."""
    return msgspec.json.format(bytes(raw), indent=-1).decode()


def canonical_digest(raw: bytes) -> str:
    """SHA-256 over a checked text with keys sorted, no blanks, and numbers as written."""
    value = _digest_decoder.decode(raw) if raw else None
    return hashlib.sha256(_sorted.encode(value)).hexdigest()


# A fraction is kept as text in a shape that no JSON text can have taken otherwise: a list of one marked string.
_digest_decoder = msgspec.json.Decoder(float_hook=lambda text: ["\0number", text])


def _check_slowly(raw: bytes) -> None:
    try:
        value = json.loads(raw, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except RecursionError:
        raise _too_deep() from None
    stack: list[Any] = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item.values())
            stack.extend(item.keys())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, str):
            if "\0" in item:
                raise Invalid("The body contains the character U+0000, which is not allowed.", code="invalid_json")
            if any("\ud800" <= letter <= "\udfff" for letter in item):
                raise _surrogate()


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        shown = twice.encode("utf-8", "backslashreplace").decode()[:100]
        raise Invalid(f"The body names {shown!r} twice in one object.", code="invalid_json", field=shown)
    return found


def _no_constant(name: str) -> NoReturn:
    raise Invalid(f"The body contains {name}, which is not JSON.", code="invalid_json")


def _explain(raw: bytes) -> NoReturn:
    """Say why a text is no JSON."""
    if not raw.strip():
        raise Invalid("The body is empty; a JSON object is expected.", code="invalid_json")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("The body is not UTF-8.", code="invalid_json") from None
    try:
        json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise Invalid(
            f"The body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            code="invalid_json",
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # an integer of more digits than Python reads
        raise Invalid("The body contains a number that is out of range.", code="invalid_json") from None
    raise _surrogate()


def _depth(value: object) -> int:
    deepest, stack = 0, [(value, 1)]
    while stack:
        item, depth = stack.pop()
        if isinstance(item, dict):
            deepest = max(deepest, depth)
            stack.extend((child, depth + 1) for child in item.values())
        elif isinstance(item, list):
            deepest = max(deepest, depth)
            stack.extend((child, depth + 1) for child in item)
    return deepest


def _too_deep() -> Invalid:
    return Invalid(f"The body is nested deeper than {JSON_DEPTH_MAX} levels.", code="invalid_json")


def _surrogate() -> Invalid:
    return Invalid("The body contains half of a surrogate pair, which is no character.", code="invalid_json")
