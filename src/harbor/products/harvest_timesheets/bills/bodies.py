"""Lines and totals of invoices and estimates on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from msgspec import UNSET, UnsetType, field

from harbor.kernel import money
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import OpenBody
from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.bills.model import LineChange
from harbor.products.harvest_timesheets.bills.rules import PERCENT_E4_MAX
from harbor.products.harvest_timesheets.sentences import problem

_PLACES: Final = 4
_PERCENTAGES: Final = ("tax", "tax2", "discount")


class ChangeLine(OpenBody, kw_only=True):
    """A new line, or with `id` what changes of one; `_destroy` removes it."""

    id: int | None = None
    destroy: bool = field(default=False, name="_destroy")
    kind: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    quantity: Decimal | UnsetType = UNSET
    unit_price: Decimal | UnsetType = UNSET
    taxed: bool | UnsetType = UNSET
    taxed2: bool | UnsetType = UNSET


class ChangeProjectLine(ChangeLine, kw_only=True):
    """A line that may belong to a project."""

    project_id: int | UnsetType | None = UNSET


def line_changes(lines: Sequence[ChangeLine], *, are_new: bool = False) -> list[LineChange]:
    """What is asked of lines; with `are_new` all of them are new, whatever their ids. Raises `Invalid`."""
    return [_line_change(line, is_new=are_new) for line in lines]


def percentages(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts with their percentages as columns have them: `tax` becomes `tax_e4`. Raises `Invalid`."""
    scaled = {f"{name}_e4": _percent(facts[name], name) for name in _PERCENTAGES if name in facts}
    return {name: value for name, value in facts.items() if name not in _PERCENTAGES} | scaled


def _line_change(line: ChangeLine, *, is_new: bool) -> LineChange:
    facts = {name: value for name, value in wire.given(line).items() if name not in ("id", "destroy")}
    if "kind" in facts:
        facts["category"] = facts.pop("kind")
    if "description" in facts:
        facts["description"] = facts["description"] or ""
    for name in ("quantity", "unit_price"):
        if name in facts:
            facts[f"{name}_e4"] = signed_units(facts.pop(name), _PLACES, field=name)
    return LineChange(id=None if is_new else line.id, is_removal=line.destroy, facts=facts)


def signed_units(value: Decimal, places: int, *, field: str) -> int:
    """A number as its column keeps it, below zero too: a line may be a credit. Raises `Invalid` for more places."""
    try:
        return money.scaled(value, places)
    except Invalid as fault:
        raise problem(field, fault.message.removeprefix("amount ").rstrip(".")) from None


def _percent(value: Decimal | None, field: str) -> int | None:
    percent_e4 = wire.units(value, _PLACES, field=field)
    if percent_e4 is not None and percent_e4 > PERCENT_E4_MAX:
        raise problem(field, "must be less than or equal to 100")
    return percent_e4
