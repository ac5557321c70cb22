"""The words of refusals: fields as people read them, problems in the style that Harvest's clients know."""

from __future__ import annotations

from collections.abc import Iterable

from harbor.kernel.errors import Invalid

BLANK = "can't be blank"
NOT_FOUND = "can't be found"
TAKEN = "has already been taken"


def field_label(field: str) -> str:
    """`spent_date` as `Spent date`; `client_id` as `Client`."""
    words = field.rpartition(".")[2].removesuffix("_id").replace("_", " ").strip()
    return words[:1].upper() + words[1:] if words else "Value"


def problem(field: str, what: str) -> Invalid:
    """The refusal `Name can't be blank`."""
    return Invalid(f"{field_label(field)} {what}", field=field)


def problems(found: Iterable[tuple[str, str]]) -> Invalid:
    """Several problems in one refusal: `Name can't be blank, Client can't be found`."""
    pairs = list(found)
    return Invalid(", ".join(f"{field_label(field)} {what}" for field, what in pairs), field=pairs[0][0])
