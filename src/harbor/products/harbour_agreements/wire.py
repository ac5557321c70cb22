"""From checked JSON to declared bodies, with every problem at once and under the codes of Harbour.

Source: docs/products/harbour.md#errors.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar, cast

import msgspec

from harbor.kernel import strict
from harbor.kernel.errors import Invalid
from harbor.kernel.http.request import Request
from harbor.products.harbour_agreements.refusals import Problem, invalid, refused

T = TypeVar("T")

_PATH = re.compile(r" - at `(?:key in )?\$([^`]*)`$")
_REQUIRED = re.compile(r"missing required field `(.*)`$")
_UNKNOWN = re.compile(r"unknown field `(.*)`$", re.DOTALL)
# What msgspec says of a value, and what it is called here; the first that fits.
_CODES: Final = (
    (re.compile(r"^Invalid enum value"), "enum"),
    (re.compile(r"^Expected `array` of length <="), "too_many"),
    (re.compile(r"^Expected `(?:str|array|object)` of length >="), "too_short"),
    (re.compile(r"^Expected `(?:str|object)` of length <="), "too_long"),
    (re.compile(r"^Expected `(?:int|float)` [<>]"), "out_of_range"),
    (re.compile(r"^Expected `.*`, got `.*`$"), "type"),
)
_WORDS: Final = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
}


def parse(request: Request, raw: bytes) -> object:  # noqa: ARG001
    """The value of a body's JSON text. Raises `Invalid` with invalid_json or duplicate_key."""
    try:
        return strict.check(raw)
    except Invalid as error:
        code = "duplicate_key" if " twice in one object" in error.message else "invalid_json"
        raise invalid(Problem(error.field or "", code, error.message)) from None


def decode(request: Request, value: object, type_: type[T]) -> T:  # noqa: ARG001
    """The declared body. Raises `Invalid` that names every problem of its fields."""
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise invalid(Problem("", "type", "The body must be a JSON object."))
    problems = []
    for field in msgspec.structs.fields(cast(Any, type_)):
        if field.encode_name not in value:
            if field.required:
                problems.append(Problem(field.encode_name, "required", f"{field.encode_name} is required."))
            continue
        try:
            msgspec.convert(value[field.encode_name], field.type)
        except msgspec.ValidationError as error:
            problems.append(problem_of(str(error), field.encode_name, value[field.encode_name]))
    if problems:
        raise refused(problems)
    return msgspec.convert(value, type_)


def problem_of(text: str, under: str, value: object) -> Problem:
    """What a validation error of msgspec means for the field `under`, which was sent as `value`."""
    match = _PATH.search(text)
    inner = re.sub(r"\[(\d+)\]", r".\1", match[1] if match else "").replace("[...]", ".*").lstrip(".")
    bare = text[: match.start()] if match else text
    path = f"{under}.{inner}" if inner else under
    if found := _REQUIRED.search(bare):
        path = f"{path}.{found[1]}"
        return Problem(path, "required", f"{path} is required.")
    if found := _UNKNOWN.search(bare):
        path = f"{path}.{found[1][:100]}"
        return Problem(path, "unknown_field", f"{path} is not a known field.")
    code = next((code for pattern, code in _CODES if pattern.search(bare)), "custom")
    if code == "type":
        wanted, _, got = bare.removeprefix("Expected `").rstrip("`").partition("`, got `")
        shown = " or ".join(_WORDS.get(word, word) for word in wanted.split(" | "))
        return Problem(path, code, f"{path} must be {shown}, not {_WORDS.get(got, got)}.", _short(value))
    if code == "enum":
        return Problem(path, code, f"{path} is none of the values listed in the documentation.", _short(value))
    return Problem(path, code, f"{path}: {bare.replace('`', '')}.", _short(value))


def _short(value: object) -> object:
    """What was sent, if it is short: a whole body need not come back."""
    return value[:200] if isinstance(value, str) else value if isinstance(value, int | float | bool) else None
