"""Detailed reports: every entry or expense of a span, with filters, groups and totals, a part at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.http.page import Html
from harbor.kernel.http.routes import Route
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Rounding
from harbor.products.harvest_timesheets.pages import report_parts
from harbor.products.harvest_timesheets.pages.acting import PATH, get
from harbor.products.harvest_timesheets.pages.report_parts import PATHS, Asked
from harbor.products.harvest_timesheets.pages.reports import TRAIL
from harbor.products.harvest_timesheets.reports import choices, detailed, detailed_sheets, summaries
from harbor.products.harvest_timesheets.reports.detailed import Head, Totals
from harbor.products.harvest_timesheets.reports.question import Kind, Question
from harbor.products.harvest_timesheets.reports.sheets import Form, but
from harbor.products.harvest_timesheets.reports.wanted import Ledger, cursor
from harbor.products.harvest_timesheets.roles import service as roles

ROWS: Final = 100
_WIDE: Final = frozenset(
    {"Client", "Task", "Category", "Person", "Notes", "Rounded hours", "Billable", "Invoice", "Approval", "Rate"}
)
_YES_NO: Final = [("yes", "Yes"), ("no", "No")]
_APPROVALS: Final = [("unsubmitted", "Not handed in"), ("submitted", "Handed in"), ("approved", "Approved")]


def time(call: Call, query: Asked) -> Html:
    """Every time entry of a span."""
    return _page(call, query, Kind.TIME_ENTRIES)


def expenses(call: Call, query: Asked) -> Html:
    """Every expense of a span."""
    return _page(call, query, Kind.EXPENSE_ENTRIES)


def _page(call: Call, query: Asked, kind: Kind) -> Html:
    asked, after = query.question(call, kind), cursor(query.cursor)
    ledger = kind.ledger
    assert ledger is not None, kind
    heads, whole = detailed.heads(
        call, ledger, asked.wanted, asked.subject, includes_fixed_fee=asked.includes_fixed_fee
    )
    groups = None if asked.subject is None else (asked.subject, heads)
    part = detailed.part(call, ledger, asked.wanted, groups, after, ROWS)
    here, by_id = company.of(call), {head.id: head for head in heads}
    found = detailed_sheets.lines_of(
        call, ledger, [row for _, row in part.rows], includes_fixed_fee=asked.includes_fixed_fee
    )
    # What all rows of a group have in common stands above them.
    needless = {"" if asked.subject is None else summaries.LABELS[asked.subject]}
    if here.rounding is Rounding.OFF:
        needless.add("Rounded hours")
    columns, lines = but(detailed_sheets.columns_of(call, ledger), found, needless)
    rows: list[dict[str, Any]] = []
    seen: int | None = None
    for (group_id, raw), line in zip(part.rows, lines, strict=True):
        head = by_id.get(group_id) if group_id != seen else None
        seen = group_id
        links = _links(raw, kind)
        rows.append(
            {
                "head": None if head is None else _shown(call, ledger, head),
                "cells": report_parts.row(here, columns, line, links, _WIDE),
            }
        )
    context = {
        **report_parts.around(call, asked),
        "columns": [report_parts.heading(each, _WIDE) for each in columns if each.form is not Form.CURRENCY],
        "rows": rows,
        "totals": _totals(call, ledger, whole),
        "entries": whole.entries,
        "is_first": after is None,
        "first": asked.words,
        "next": None if part.next is None else {**asked.words, "cursor": str(part.next)},
        "no_groups": (
            "Nothing",
            {name: text for name, text in asked.words.items() if name != "by"},
            asked.subject is None,
        ),
        "filters": _filters(call, asked, ledger),
        "hidden": {
            name: text for name, text in asked.words.items() if name in ("span", "from", "to", "by", "fixed_fee")
        },
        "is_filtered": bool(set(asked.words) - {"span", "from", "to", "by", "fixed_fee"}),
    }
    return Html("report_detailed.html", summaries.title_of(asked), context, TRAIL)


def _links(raw: Mapping[str, Any], kind: Kind) -> dict[str, tuple[str, Mapping[str, str]]]:
    if kind is Kind.EXPENSE_ENTRIES:
        return {}
    found: dict[str, tuple[str, Mapping[str, str]]] = {
        "Day": (f"{PATH}/time", {"date": raw["spent_on"], "person": str(raw["user_id"])}),
        "Hours": (report_parts.EXPLAIN, {"entry": str(raw["id"])}),
        "Amount": (report_parts.EXPLAIN, {"entry": str(raw["id"])}),
    }
    return found


def _shown(call: Call, ledger: Ledger, head: Head) -> dict[str, str]:
    return {
        "name": head.name,
        "text": " · ".join(_group_text(label, text) for label, text in _totals(call, ledger, head.totals)),
    }


def _group_text(label: str, text: str) -> str:
    return f"{text} billable" if label == "Billable" else text


def _totals(call: Call, ledger: Ledger, totals: Totals) -> list[tuple[str, str]]:
    """What a report or a group comes to, as far as the caller sees it."""
    here, sees = company.of(call), access.me(call).sees_rates

    def money(of: Mapping[str, int]) -> str:
        found = [report_parts.word(here, Form.MONEY, value, name) for name, value in sorted(of.items())]
        return " + ".join(found) or "0.00"

    if ledger is Ledger.EXPENSES:
        found = [("Cost", money(totals.total_e2))]
        return [*found, ("Billable", money(totals.amount_e2))] if sees else found
    found = [
        ("Hours", f"{report_parts.word(here, Form.HOURS, totals.hours_e2, '')} h"),
        ("Billable", f"{report_parts.word(here, Form.HOURS, totals.billable_e2, '')} h"),
    ]
    return [*found, ("Amount", money(totals.amount_e2))] if sees else found


def _filters(call: Call, asked: Question, ledger: Ledger) -> list[dict[str, Any]]:
    """The fields of the filters, with what is chosen."""
    of = choices.of(call, ledger, asked.wanted.period)
    last = ("task", "Task") if ledger is Ledger.TIME else ("category", "Category")
    fields: list[tuple[str, str, list[tuple[str, str]], str]] = [
        ("client", "Client", of.clients, "All"),
        ("project", "Project", of.projects, "All"),
        (*last, of.works, "All"),
        ("person", "Person", of.people, "All"),
    ]
    if access.me(call).is_administrator:
        every = roles.listed(call, PageRequest(limit=detailed.ROLES_MAX)).items
        named = sorted(((str(each.id), each.name) for each in every), key=lambda pair: pair[1].casefold())
        fields += [("role", "Role", named, "All")] if named else []
    fields += [
        ("billable", "Billable", _YES_NO, "All"),
        ("invoiced", "Invoiced", _YES_NO, "All"),
        ("approval", "Approval", _APPROVALS, "All"),
    ]
    return [
        {
            "name": name,
            "label": label,
            "options": _with(options, asked.words.get(name)),
            "chosen": asked.words.get(name),
            "empty": empty,
        }
        for name, label, options, empty in fields
    ]


def _with(options: list[tuple[str, str]], chosen: str | None) -> list[tuple[str, str]]:
    """The options, with what is chosen although it is not among them."""
    known = chosen is None or any(value == chosen for value, _ in options)
    return options if known else [*options, (str(chosen), f"Number {chosen}")]


ROUTES: tuple[Route, ...] = (
    get("harvest.reports.time_entries", PATHS[Kind.TIME_ENTRIES], time, read="long"),
    get("harvest.reports.expense_entries", PATHS[Kind.EXPENSE_ENTRIES], expenses, read="long"),
)
