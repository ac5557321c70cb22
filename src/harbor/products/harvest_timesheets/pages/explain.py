"""Why an amount is what it is: of a row of a report, of a line of an invoice, or of one entry, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Html
from harbor.kernel.http.routes import Route
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.pages import lists, report_parts
from harbor.products.harvest_timesheets.pages.acting import get
from harbor.products.harvest_timesheets.pages.report_parts import EXPLAIN, PATHS, Asked
from harbor.products.harvest_timesheets.pages.reports import TRAIL
from harbor.products.harvest_timesheets.reports import explaining, explaining_bills
from harbor.products.harvest_timesheets.reports.explaining import RateLine
from harbor.products.harvest_timesheets.reports.question import SUBJECT_WORDS, Kind
from harbor.products.harvest_timesheets.reports.rate_sources import Sources
from harbor.products.harvest_timesheets.reports.rules import amount_e2
from harbor.products.harvest_timesheets.reports.sheets import Form
from harbor.products.harvest_timesheets.time_entries import reading
from harbor.products.harvest_timesheets.wire import read_id

# More entries of one line nobody reads; the sums are of all of them.
STEPS_MAX: Final = 500
_E6_PLACES: Final = 6


class Why(Asked, kw_only=True):
    """Which amount: an `entry`, a `line` of an `invoice`, or the row `id` in a `currency` of a report."""

    report: str = ""
    id: str = ""
    currency: str = ""
    entry: str = ""
    invoice: str = ""
    line: str = ""


def show(call: Call, query: Why) -> Html:
    """The steps to an amount."""
    if query.entry:
        return _entry(call, read_id(query.entry))
    if query.invoice:
        return _invoice_line(call, read_id(query.invoice), read_id(query.line))
    if query.report == Kind.TIME.value:
        return _time(call, query)
    if query.report == Kind.UNINVOICED.value:
        return _uninvoiced(call, query)
    if query.report:
        raise Invalid("report must be time or uninvoiced.", field="report")
    return Html("explain.html", "Explain an amount", {"sees": access.me(call).sees_rates}, TRAIL)


def _time(call: Call, query: Why) -> Html:
    asked = query.question(call, Kind.TIME)
    assert asked.subject is not None, asked
    id_ = read_id(query.id)
    found = explaining.time(
        call, asked.subject, id_, query.currency, asked.span.period, includes_fixed_fee=asked.includes_fixed_fee
    )
    entries = {**asked.span.asked(), SUBJECT_WORDS[asked.subject]: str(id_)}
    return _row_page(call, found, asked.span.label, entries, (PATHS[Kind.TIME], asked.words))


def _uninvoiced(call: Call, query: Why) -> Html:
    asked, id_ = query.question(call, Kind.UNINVOICED), read_id(query.id)
    found = explaining.not_invoiced(call, id_, asked.span.period)
    entries = {**asked.span.asked(), "project": str(id_), "invoiced": "no", "billable": "yes"}
    return _row_page(call, found, asked.span.label, entries, (PATHS[Kind.UNINVOICED], asked.words))


def _row_page(
    call: Call,
    found: explaining.Explanation,
    label: str,
    entries: Mapping[str, str],
    back: tuple[str, Mapping[str, str]],
) -> Html:
    here = company.of(call)

    def hours(value: int) -> str:
        return _decimal(value, 2)

    def shown(line: RateLine) -> dict[str, Any]:
        return {
            "line": line,
            "hours": hours(line.rounded_e2),
            "rate": None if line.rate_e4 is None else _decimal(line.rate_e4, 4),
            "product": _decimal(line.exact_e6, _E6_PLACES),
        }

    added = [(text, lists.money(value, 2, found.currency)) for text, value in found.added]
    context = {
        "label": label,
        "name": found.name,
        "lines": [shown(line) for line in found.lines],
        "others": None if found.others is None else shown(found.others),
        "rule": explaining.rounding_rule(here),
        "exact": _decimal(found.exact_e6, _E6_PLACES),
        "time": lists.money(found.time_e2, 2, found.currency),
        "added": added,
        "amount": lists.money(found.amount_e2, 2, found.currency),
        "entries_path": PATHS[Kind.TIME_ENTRIES],
        "entries": entries,
        "back_path": back[0],
        "back": back[1],
    }
    return Html("explain_row.html", f"{context['amount']} of {found.name}", context, TRAIL)


def _invoice_line(call: Call, invoice_id: int, line_id: int) -> Html:
    found = explaining_bills.explain(call, invoice_id, line_id)
    line, currency = found.line, found.invoice.currency
    hours_e2 = sum(step.seen.entry.rounded_e2 for step in found.steps)
    context = {
        "number": found.invoice.number,
        "description": line.description,
        "is_fee": found.is_fee,
        "steps": [
            {
                "seen": step.seen,
                "tracked": _decimal(step.seen.hours_e2, 2),
                "rounded": _decimal(step.seen.entry.rounded_e2, 2),
                "rate": _decimal(step.seen.entry.rate_e4 or 0, 4),
                "source": step.source,
                "product": _decimal(step.exact_e6, _E6_PLACES),
            }
            for step in found.steps[:STEPS_MAX]
        ],
        "more": max(0, len(found.steps) - STEPS_MAX),
        "rule": explaining.rounding_rule(company.of(call)),
        "hours": _decimal(hours_e2, 2),
        "exact": _decimal(found.exact_e6, _E6_PLACES),
        "shares_a_rate": found.shares_a_rate,
        "quantity": _decimal(line.quantity_e4, 4),
        "price": _decimal(line.unit_price_e4, 4),
        "amount": lists.money(line.amount_e2, 2, currency),
        "differs": bool(found.steps) and amount_e2(found.exact_e6) != line.amount_e2,
    }
    return Html("explain_line.html", f"{context['amount']} on invoice {found.invoice.number}", context, TRAIL)


def _entry(call: Call, entry_id: int) -> Html:
    entry = reading.to_read(call, entry_id)
    seen, me, here = reading.seen_one(call, entry), access.me(call), company.of(call)
    place = entry.project_id, entry.task_id, entry.user_id
    source = Sources(call, [place]).of(
        place, is_billable=entry.billable, rate_e4=entry.rate_e4, is_billed=entry.is_billed, day=entry.spent_on
    )
    currency = seen.around.client.currency
    rate_e4 = entry.rate_e4 if entry.billable else None
    exact = seen.rounded_e2 * (rate_e4 or 0)
    cost_e4 = entry.cost_rate_e4 if me.is_administrator else None
    context = {
        "seen": seen,
        "entry": entry,
        "sees": me.sees_rates,
        "sees_costs": me.is_administrator,
        "tracked": _decimal(seen.hours_e2, 2),
        "rounded": _decimal(seen.rounded_e2, 2),
        "rule": explaining.rounding_rule(here),
        "rate": None if rate_e4 is None else _decimal(rate_e4, 4),
        "source": source,
        "exact": _decimal(exact, _E6_PLACES),
        "amount": lists.money(amount_e2(exact), 2, currency),
        "cost_rate": None if cost_e4 is None else _decimal(cost_e4, 4),
        "cost": None if cost_e4 is None else lists.money(amount_e2(seen.rounded_e2 * cost_e4), 2, here.currency),
        "day_query": {"date": entry.spent_on.isoformat(), "person": str(entry.user_id)},
        "word": report_parts.word(here, Form.HOURS, seen.rounded_e2, ""),
    }
    title = f"{context['amount']} of an entry" if me.sees_rates else f"{context['word']} of an entry"
    return Html("explain_entry.html", title, context, TRAIL)


def _decimal(units: int, places: int) -> str:
    """A number with at least two places and no more than it has: `1,234.50`, `0.333333`."""
    whole, part = divmod(abs(units), 10**places)
    digits = f"{part:0{places}}".rstrip("0").ljust(2, "0")
    return f"{'-' if units < 0 else ''}{whole:,}.{digits}"


ROUTES: tuple[Route, ...] = (get("harvest.explain", EXPLAIN, show, read="long"),)
