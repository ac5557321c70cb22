"""The form of a bill: what is typed, read into the bodies of the API, so that both ways follow the same rules.

The lines of a form are a part of all: those that are not on it stay. A line without words and price is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Invalid
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form
from harbor.products.harvest_timesheets import bodies
from harbor.products.harvest_timesheets.billing_settings.model import CUSTOM, TERMS
from harbor.products.harvest_timesheets.bills.bodies import ChangeProjectLine
from harbor.products.harvest_timesheets.bills.model import BillKind, Line
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.item_categories import service as item_categories
from harbor.products.harvest_timesheets.pages import amounts
from harbor.products.harvest_timesheets.pages import invoices_parts as parts
from harbor.products.harvest_timesheets.sentences import problem

# Rows to fill in for who has no script that adds some.
EMPTY_ROWS: Final = 3
TERM_WORDS: Final = [(word, word[:1].upper() + word[1:]) for word in (*TERMS, CUSTOM)]
TAX_WORDS: Final = [("", "No tax"), ("1", "Tax"), ("2", "Second tax"), ("12", "Both taxes")]
_LISTS = ("line", "kind", "description", "quantity", "unit_price", "taxes", "project")
_TEXTS = ("number", "purchase_order", "subject", "notes", "tax", "tax2", "discount", "currency", "issue_date")
_TERMS = ("payment_term", "due_date")


class Lines(Form, kw_only=True):
    """Lines as they are typed: the same place in each list is one line. `seen` is what the page was made of."""

    seen: str = ""
    line: list[str] = msgspec.field(default_factory=list)
    kind: list[str] = msgspec.field(default_factory=list)
    description: list[str] = msgspec.field(default_factory=list)
    quantity: list[str] = msgspec.field(default_factory=list)
    unit_price: list[str] = msgspec.field(default_factory=list)
    taxes: list[str] = msgspec.field(default_factory=list)
    project: list[str] = msgspec.field(default_factory=list)
    remove: list[str] = msgspec.field(default_factory=list)


class Bill(Lines, kw_only=True):
    """A bill as it is typed."""

    client_id: str = ""
    number: str = ""
    issue_date: str = ""
    purchase_order: str = ""
    subject: str = ""
    notes: str = ""
    currency: str = ""
    tax: str = ""
    tax2: str = ""
    discount: str = ""


class Part(Query, kw_only=True):
    """Which part of the lines the form has, and for whom a new bill is."""

    lines: int = 1
    client: str = ""


def facts(call: Call, body: Bill, *more: str) -> dict[str, Any]:
    """What was typed, as the API reads it; percentages may have the company's decimal sign."""
    given: dict[str, Any] = {name: getattr(body, name) for name in (*_TEXTS, *more)}
    for name in ("tax", "tax2", "discount"):
        given[name] = typed_number(call, given[name])
    return {name: value for name, value in given.items() if value or name not in ("number", "currency", "issue_date")}


def lines(call: Call, body: Lines, was: Sequence[Line] = ()) -> list[dict[str, Any]]:
    """The lines of a form as the API reads them; of lines that are there only what differs. Raises `Invalid`."""
    before, gone = {str(line.id): line for line in was}, set(body.remove)
    if len({len(getattr(body, name)) for name in _LISTS if name != "project" or body.project}) > 1:
        raise Invalid("The form is not whole. Load the page anew.", field="line")
    found: list[dict[str, Any]] = []
    for place, id_ in enumerate(body.line):
        typed = {name: getattr(body, name)[place] for name in _LISTS if getattr(body, name)}
        if id_ and id_ in gone:
            found.append({"id": id_, "_destroy": True})
            continue
        if not id_ and not typed["description"].strip() and not typed["unit_price"].strip():
            continue
        one = _line(call, typed)
        if id_ and id_ in before:
            one = {name: value for name, value in one.items() if value != _shown(before[id_])[name]}
        _check(one, place + 1)
        found.append({"id": id_, **one} if id_ else {name: value for name, value in one.items() if value != ""})
    return [one for one in found if set(one) != {"id"}]


def digest(bill: Any, all_lines: Sequence[Line]) -> str:
    """A word that is another one when anything of a bill is: a clock that stands still tells no two changes apart."""
    return hashlib.sha256(repr((bill, list(all_lines))).encode()).hexdigest()[:20]


def refuse_changed(bill: Any, all_lines: Sequence[Line], seen: str) -> None:
    """Raise `Conflict` if a bill has changed since its form was loaded."""
    if seen != digest(bill, all_lines):
        raise Conflict("This was changed meanwhile, by you in another place or by somebody else. Load the page anew.")


def around(call: Call, kind: BillKind, bill: Any, all_lines: Sequence[Line], part: int) -> dict[str, Any]:
    """What the form of lines shows: a part of them, rows to fill in, and what may be chosen."""
    count = len(all_lines)
    first = min(max(0, part - 1), max(0, count - 1) // parts.LINES_SHOWN) * parts.LINES_SHOWN
    shown = all_lines[first : first + parts.LINES_SHOWN]
    names = [*item_categories.names(call, kind).values()]
    here = company.of(call)
    to_type = partial(_to_type, here)
    return {
        "rows": [
            {
                **_shown(line),
                "id": line.id,
                "amount": parts.number(line.amount_e2, 2),
                "quantity": to_type(line.quantity_e4, 4),
                "unit_price": to_type(line.unit_price_e4, 4),
            }
            for line in shown
        ],
        "empty_rows": EMPTY_ROWS if all_lines else EMPTY_ROWS + 2,
        "kinds": list(dict.fromkeys([*names, *(line.category for line in shown)])),
        "taxes": TAX_WORDS,
        "count": count,
        "part": first // parts.LINES_SHOWN + 1,
        "has_more": first + parts.LINES_SHOWN < count,
        "seen": "" if bill is None else digest(bill, all_lines),
        "marks": here,
        "number": to_type,
        "terms": TERM_WORDS,
    }


def typed_number(call: Call, text: str) -> str:
    """A number by the company's marks of decimals and thousands, as the API reads it; what is none stays as it is."""
    plain = text.strip()
    try:
        found = amounts.read(plain.removeprefix("-"), company.of(call), field="amount")
    except Invalid:
        return plain  # the API says what is wrong with it
    return "" if found is None else f"{'-' if plain.startswith('-') else ''}{found:f}"


def chosen_projects(of: Iterable[Line]) -> set[int]:
    """The projects that lines belong to."""
    return {line.project_id for line in of if line.project_id is not None}


def _to_type(here: Company, units: int | None, places: int) -> str:
    """A number as `typed_number` reads it: in `1.234` another company's mark is one of thousands."""
    return parts.number(units, places).replace(".", here.decimal_symbol)


def _line(call: Call, typed: dict[str, str]) -> dict[str, Any]:
    one: dict[str, Any] = {
        "kind": typed["kind"],
        "description": typed["description"],
        "quantity": typed_number(call, typed["quantity"]) or ("" if typed["line"] else "1"),
        "unit_price": typed_number(call, typed["unit_price"]),
        "taxed": "1" in typed["taxes"],
        "taxed2": "2" in typed["taxes"],
    }
    return one | ({"project_id": typed["project"]} if "project" in typed else {})


def _check(one: dict[str, Any], place: int) -> None:
    """Raise `Invalid` that names the line of what is wrong with it."""
    try:
        for name in ("kind", "unit_price", "quantity"):
            if name in one and not str(one[name]).strip():
                raise problem(name, "can't be blank")
        bodies.build(ChangeProjectLine, one)
    except Invalid as error:
        raise Invalid(f"Line {place}: {error.message}", code=error.code, field=f"lines.{place}") from None


def _shown(line: Line) -> dict[str, Any]:
    """A line as the form has it, with numbers as the API reads them."""
    return {
        "kind": line.category,
        "description": line.description.replace("\r\n", "\n"),
        "quantity": parts.number(line.quantity_e4, 4),
        "unit_price": parts.number(line.unit_price_e4, 4),
        "taxed": line.taxed,
        "taxed2": line.taxed2,
        "project_id": "" if line.project_id is None else str(line.project_id),
    }
