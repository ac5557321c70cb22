"""Lines as they are changed: new ones, other facts by id, and lines that go. What is not named stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from harbor.products.harvest_timesheets.bills.model import DESCRIPTION_LENGTH_MAX, LINES_MAX, Line, LineChange
from harbor.products.harvest_timesheets.bills.rules import line_amount_e2
from harbor.products.harvest_timesheets.keys import name_key
from harbor.products.harvest_timesheets.sentences import BLANK, NOT_FOUND, problem

ONE_E4: Final = 10_000


def applied(lines: Sequence[Line], changes: Iterable[LineChange], categories: Mapping[str, str]) -> list[Line]:
    """The lines after changes, in their order; new ones come last and have no id yet.

    `categories` are the names of item categories by their keys. Raises `Invalid` for an unknown id or category, and for a
    new line without category or price.
    """
    found = {line.id: line for line in lines}
    added: list[Line] = []
    for change in changes:
        facts = _known(change.facts, categories)
        if change.id is None:
            if not change.is_removal:
                added.append(_new(facts))
        elif change.id not in found:
            raise problem("line_items", f"include {change.id}, which {NOT_FOUND}")
        elif change.is_removal:
            del found[change.id]
        else:
            found[change.id] = _changed(found[change.id], facts)
    result = [*found.values(), *added]
    if len(result) > LINES_MAX:
        raise problem("line_items", f"are too many (maximum is {LINES_MAX})")
    return result


def _known(facts: Mapping[str, Any], categories: Mapping[str, str]) -> dict[str, Any]:
    """The facts with the category as it is written. Raises `Invalid`."""
    if len(facts.get("description") or "") > DESCRIPTION_LENGTH_MAX:
        raise problem("description", f"is too long (maximum is {DESCRIPTION_LENGTH_MAX} characters)")
    if "category" not in facts:
        return dict(facts)
    key = name_key(facts["category"])
    if not key:
        raise problem("kind", BLANK)
    if key not in categories:
        raise problem("kind", NOT_FOUND)
    return {**facts, "category": categories[key]}


def _new(facts: Mapping[str, Any]) -> Line:
    for name, field in (("category", "kind"), ("unit_price_e4", "unit_price")):
        if name not in facts:
            raise problem(field, BLANK)
    facts = {"quantity_e4": ONE_E4, **facts}
    return Line(amount_e2=line_amount_e2(facts["quantity_e4"], facts["unit_price_e4"]), **facts)


def _changed(line: Line, facts: Mapping[str, Any]) -> Line:
    after = replace(line, **facts)
    return replace(after, amount_e2=line_amount_e2(after.quantity_e4, after.unit_price_e4))
