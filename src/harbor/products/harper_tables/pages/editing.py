"""A record that is edited as JSON: what was typed, and what of it is a change.

JSON has no dates, bytes. So what was not touched keeps the value it has, and what was changed keeps its kind where the
text allows it. Pure.
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from harbor.kernel import strict
from harbor.kernel.errors import HarborError, Invalid, TooLarge
from harbor.products.harper_tables import bodies
from harbor.products.harper_tables.catalog.model import TIMES
from harbor.products.harper_tables.records.model import UNSET
from harbor.products.harper_tables.values import Doc, Instant, to_text

TEXT_LENGTH_MAX = 512 * 1024


def read(text: str, field: str) -> list[Doc]:
    """The record that was typed, or several in an array. Raises `Invalid` that says where it is no JSON."""
    if len(text) > TEXT_LENGTH_MAX:
        raise TooLarge(
            f"{field} has {len(text):,} characters; at most {TEXT_LENGTH_MAX:,} can be edited here. Use the API for more.",
            code="too_large",
            field=field,
        )
    raw = text.strip().encode("utf-8", "surrogatepass")
    try:
        value = strict.check(raw)
        found = value if isinstance(value, list) else [value]
        if not found or not all(isinstance(each, dict) for each in found):
            raise Invalid("The body must be a JSON object, such as {} with names and values in it.")
        # Read again as bodies of operations are, which refuse what no record can hold.
        docs: list[Doc] = bodies.read(b'{"records":[' + raw.removeprefix(b"[").removesuffix(b"]") + b"]}", None, None)[
            "records"
        ]
    except HarborError as error:
        error.field = field
        error.message = error.message.replace("The body", field, 1)
        raise
    return docs


def stamp(doc: Mapping[str, Any]) -> str:
    """A word that changes when a record does."""
    return hashlib.sha256(to_text(dict(doc)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def change_of(before: Mapping[str, Any], typed: Mapping[str, Any], primary_key: str) -> Doc:
    """What an update has to say so that the record is what was typed; nothing if it is already."""
    own = {name: value for name, value in before.items() if name not in TIMES and name != primary_key}
    wanted = {name: value for name, value in typed.items() if name not in TIMES and name != primary_key}
    change: Doc = {}
    for name, value in wanted.items():
        kept = retyped(own[name], value) if name in own else value
        if name not in own or not same(own[name], kept):
            change[name] = kept
    if gone := [name for name in own if name not in wanted]:
        change[UNSET] = gone
    return change


def retyped(before: Any, typed: Any) -> Any:
    """What was typed, in the kinds that JSON lacks where the value before it was of one."""
    if isinstance(before, Instant) and isinstance(typed, str):
        return before if typed == before.iso() else Instant.parse(typed) or typed
    if isinstance(before, Instant) and typed == before.ms:
        return before
    if isinstance(before, bytes) and isinstance(typed, str):
        return _bytes(typed)
    if isinstance(before, dict) and isinstance(typed, dict):
        return {name: retyped(before[name], value) if name in before else value for name, value in typed.items()}
    if isinstance(before, list) and isinstance(typed, list):
        known = [*before, *[None] * max(0, len(typed) - len(before))]
        return [retyped(each, value) for each, value in zip(known, typed, strict=False)]
    return typed


def same(one: Any, other: Any) -> bool:
    """Whether two values are stored alike: to Python 1, 1.0 and true are equal."""
    return to_text({"value": one}) == to_text({"value": other})


def is_key(value: Any, key: Any) -> bool:
    """Whether a key that was typed is the record's own."""
    return same(retyped(key, value), key)


def _bytes(typed: str) -> bytes | str:
    try:
        return b64decode(typed, validate=True)
    except (binascii.Error, ValueError):
        return typed
