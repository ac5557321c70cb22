"""The fields that signers fill: their types, places and conditions, and what is wrong with a list of them.

Source: docs/products/harbour.md#agreements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

import msgspec

from harbor.kernel.errors import Invalid
from harbor.products.harbour_agreements.refusals import Problem
from harbor.products.harbour_agreements.text import label, plain

FIELDS_MAX: Final = 500
ROLES_MAX: Final = 20
_OPTIONS_MAX: Final = 100
_TEXT_LENGTH_MAX: Final = 2_000
# PDF allows pages of up to 14,400 points.
_POINTS_MAX: Final = 14_400.0
_ID: Final = re.compile(r"agreementinput-[A-Za-z0-9_-]{1,64}")
_WITH_OPTIONS: Final = frozenset({"select", "radio"})

FieldType = Literal[
    "text",
    "image",
    "signature",
    "checkbox",
    "html",
    "link",
    "initials",
    "email",
    "date",
    "number",
    "select",
    "radio",
    "attachment",
    "full_name",
]


class Rectangle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a field stands on its page: points from the lower left corner."""

    x: float
    y: float
    width: float
    height: float


class Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field is asked for only if another one, which stands before it, has this value."""

    field: str
    equals: str | float | bool


class Field(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One field: at a rectangle of a page, or behind a text that occurs in the document."""

    id: str
    label: str
    type: FieldType
    role: str
    required: bool = False
    page: int | None = None
    rectangle: Rectangle | None = None
    anchor: str | None = None
    options: list[str] = msgspec.field(default_factory=list)
    format: str | None = None
    min: float | None = None
    max: float | None = None
    default: Any = None
    read_only: bool = False
    prefill_key: str | None = None
    condition: Condition | None = None


def problems(fields: Sequence[Field], roles: Sequence[str], pages: int) -> Iterator[Problem]:
    """What is wrong with the fields and roles of a document of so many pages."""
    yield from _role_problems(roles)
    if len(fields) > FIELDS_MAX:
        yield Problem("fields", "too_many", f"At most {FIELDS_MAX} fields fit.")
    known: set[str] = set()
    for index, field in enumerate(fields):
        path = f"fields.{index}"
        if not _ID.fullmatch(field.id):
            yield Problem(
                f"{path}.id", "custom", "An id is agreementinput- and letters, digits, '_' or '-'.", field.id[:100]
            )
        if field.id in known:
            yield Problem(f"{path}.id", "custom", f"There are two fields {field.id[:80]}.", field.id[:100])
        if field.role not in roles:
            yield Problem(
                f"{path}.role", "enum", f"role is one of {', '.join(roles) or 'none: there are no roles'}.", field.role
            )
        # Only earlier fields are known, so conditions never go round in circles.
        if field.condition is not None and field.condition.field not in known:
            yield Problem(f"{path}.condition.field", "custom", "A condition names a field that stands before.")
        known.add(field.id)
        yield from _text_problems(field, path)
        yield from _place_problems(field, path, pages)
        if (field.type in _WITH_OPTIONS) != bool(field.options) or len(field.options) > _OPTIONS_MAX:
            message = f"select and radio have 1 to {_OPTIONS_MAX} options, and no other type has any."
            yield Problem(f"{path}.options", "custom", message)
        if field.min is not None and field.max is not None and field.min > field.max:
            yield Problem(f"{path}.min", "out_of_range", "min is at most max.")


def _role_problems(roles: Sequence[str]) -> Iterator[Problem]:
    if not 1 <= len(roles) <= ROLES_MAX:
        yield Problem("signer_roles", "too_many" if roles else "too_short", f"There are 1 to {ROLES_MAX} roles.")
    if len(set(roles)) != len(roles):
        yield Problem("signer_roles", "custom", "Roles have different names.")
    for index, role in enumerate(roles):
        yield from _of(lambda role=role, index=index: label(role, f"signer_roles.{index}", length_max=100))


def _text_problems(field: Field, path: str) -> Iterator[Problem]:
    yield from _of(lambda: label(field.label, f"{path}.label"))
    for name, text in (("anchor", field.anchor), ("format", field.format), ("prefill_key", field.prefill_key)):
        if text is not None:
            yield from _of(lambda name=name, text=text: plain(text, f"{path}.{name}", length_max=200))
    for index, option in enumerate(field.options[:_OPTIONS_MAX]):
        yield from _of(lambda index=index, option=option: plain(option, f"{path}.options.{index}", length_max=200))
    if isinstance(field.default, dict | list):
        yield Problem(f"{path}.default", "type", "default is a string, a number, true, false or null.")
    elif isinstance(field.default, str):
        yield from _of(lambda: plain(str(field.default), f"{path}.default", length_max=_TEXT_LENGTH_MAX))


def _place_problems(field: Field, path: str, pages: int) -> Iterator[Problem]:
    place = field.rectangle
    if (place is None) == (field.anchor is None):
        yield Problem(f"{path}.rectangle", "required", "A field has a page and a rectangle, or an anchor.")
        return
    if place is None:
        return
    if field.page is None or not 1 <= field.page <= pages:
        yield Problem(f"{path}.page", "out_of_range", f"page lies between 1 and {pages}.", field.page)
    inside = place.x >= 0 and place.y >= 0 and place.width > 0 and place.height > 0
    if not inside or place.x + place.width > _POINTS_MAX or place.y + place.height > _POINTS_MAX:
        yield Problem(f"{path}.rectangle", "out_of_range", "The rectangle lies on no page.")


def _of(check: Any) -> Iterator[Problem]:
    """The problem of a text, if its check refuses it."""
    try:
        check()
    except Invalid as error:
        for one in error.details or ():
            yield Problem(str(one["path"]), str(one["code"]), str(one["message"]), one.get("value"))
