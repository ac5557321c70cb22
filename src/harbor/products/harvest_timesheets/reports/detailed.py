"""Detailed reports: every entry or expense of a period, grouped, with totals; read part by part behind a cursor.

Totals and groups come from sums; hours are as they were tracked, amounts those of the rounded hours, as on invoices.
Source: docs/products/harvest.md#reports-in-the-console.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Row
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.expense_categories import service as categories
from harbor.products.harvest_timesheets.expenses import sums as expense_sums
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.reports import detailed_store as store
from harbor.products.harvest_timesheets.reports.model import Subject
from harbor.products.harvest_timesheets.reports.rules import amount_e2, collation
from harbor.products.harvest_timesheets.reports.subjects import named
from harbor.products.harvest_timesheets.reports.wanted import Cursor, Ledger, Wanted
from harbor.products.harvest_timesheets.roles import service as roles
from harbor.products.harvest_timesheets.tasks import service as tasks
from harbor.products.harvest_timesheets.time_entries import sums
from harbor.products.harvest_timesheets.time_entries.reading import reach_of
from harbor.products.harvest_timesheets.users import service as users

ROLES_MAX = 500


@dataclass(slots=True)
class Totals:
    """Entries, hours, and money by currency. Of expenses `total` is what they cost, and `amount` what of it is billable."""

    entries: int = 0
    hours_e2: int = 0
    billable_e2: int = 0
    amount_e6: dict[str, int] = field(default_factory=dict)
    total_e2: dict[str, int] = field(default_factory=dict)

    @property
    def amount_e2(self) -> dict[str, int]:
        """Amounts as they are shown, each rounded once."""
        return {currency: amount_e2(exact) for currency, exact in sorted(self.amount_e6.items())}


@dataclass(frozen=True, slots=True)
class Head:
    """A group of a report: its name and what it comes to."""

    id: int
    name: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a report in their order, each with its group (0 without groups); `next` is behind the last of them."""

    rows: Sequence[tuple[int, Row]]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids of rows stand for."""

    clients: Mapping[int, Any]
    projects: Mapping[int, Any]
    users: Mapping[int, Any]
    works: Mapping[int, Any]  # tasks or categories


def heads(
    call: Call, ledger: Ledger, wanted: Wanted, group: Subject | None, *, includes_fixed_fee: bool = False
) -> tuple[list[Head], Totals]:
    """The groups by name, and the totals of all. Raises `Conflict` while a job prices entries anew."""
    pricing.refuse_while_repricing(call)
    rows = _summed(call, ledger, wanted, group)
    currencies = {each.id: each.currency for each in clients.named(call, {row["client_id"] for row in rows}).values()}
    fixed = set()
    if ledger is Ledger.TIME and not includes_fixed_fee:
        of_projects = projects.named(call, {row["project_id"] for row in rows})
        fixed = {each.id for each in of_projects.values() if each.is_fixed_fee}
    whole, found = Totals(), dict[int, Totals]()
    for row in rows:
        of = [whole] if group is None else [whole, found.setdefault(row[group.value], Totals())]
        for totals in of:
            if ledger is Ledger.TIME:
                _add_time(totals, row, currencies[row["client_id"]], is_worthless=row.get("project_id") in fixed)
            else:
                _add_expenses(totals, row, currencies[row["client_id"]])
    if group is None:
        return [], whole
    names = named(call, group, found, of_expenses=ledger is Ledger.EXPENSES)
    ordered = sorted(found, key=lambda id_: (collation(names[id_].name), id_))
    return [Head(id_, names[id_].name, found[id_]) for id_ in ordered], whole


def part(
    call: Call,
    ledger: Ledger,
    wanted: Wanted,
    groups: tuple[Subject, Sequence[Head]] | None,
    after: Cursor | None,
    limit: int,
) -> Part:
    """At most `limit` rows behind `after`, group by group."""
    reach, people = reach_of(call), _role_people(call, wanted)

    def read(group: tuple[Subject, int] | None, after_: Cursor | None, most: int) -> list[Row]:
        return store.part(
            call.tx,
            call.account_id,
            ledger,
            wanted,
            reach=reach,
            role_user_ids=people,
            group=group,
            after=after_,
            limit=most,
        )

    found: list[tuple[int, Row]] = []
    if groups is None:
        found = [(0, row) for row in read(None, after, limit + 1)]
    else:
        for head in _from(groups[1], after):
            here = after if after is not None and after.group_id == head.id else None
            found += [(head.id, row) for row in read((groups[0], head.id), here, limit + 1 - len(found))]
            if len(found) > limit:
                break
    kept = found[:limit]
    if len(found) <= limit:
        return Part(kept, None)
    group_id, last = kept[-1]
    return Part(kept, Cursor(group_id, date.fromisoformat(last["spent_on"]), last["id"]))


def names(call: Call, ledger: Ledger, rows: Collection[Row]) -> Names:
    """What stands around rows, in four queries however many they are."""
    column = "task_id" if ledger is Ledger.TIME else "expense_category_id"
    ids = {row[column] for row in rows}
    works: Mapping[int, Any] = tasks.named(call, ids) if ledger is Ledger.TIME else categories.named(call, ids)
    return Names(
        clients.named(call, {row["client_id"] for row in rows}),
        projects.named(call, {row["project_id"] for row in rows}),
        users.named(call, {row["user_id"] for row in rows}),
        works,
    )


def _from(found: Sequence[Head], after: Cursor | None) -> Iterator[Head]:
    """The groups from the one of a cursor on. One that is gone since ends the report."""
    is_on = after is None
    for head in found:
        is_on = is_on or (after is not None and head.id == after.group_id)
        if is_on:
            yield head


def _summed(call: Call, ledger: Ledger, wanted: Wanted, group: Subject | None) -> list[Row]:
    people, reach = _role_people(call, wanted), reach_of(call)

    def narrow(where: Where) -> Where:
        return store.narrowed(where, ledger, wanted, people)

    from_on, to_on = wanted.period.from_on, wanted.period.to_on
    own = [] if group is None else [group.value]
    if ledger is Ledger.TIME:
        columns = list(dict.fromkeys([*own, "project_id", "client_id", "billable", "rate_e4"]))
        return sums.of_period(call, columns, from_on, to_on, reach=reach, narrow=narrow)
    columns = list(dict.fromkeys([*own, "client_id", "billable"]))
    return expense_sums.by(call, columns, from_on=from_on, to_on=to_on, reach=reach, narrow=narrow)


def _role_people(call: Call, wanted: Wanted) -> Sequence[int] | None:
    if wanted.role_id is None:
        return None
    access.require_administrator(call, "use roles")
    for role in roles.listed(call, PageRequest(limit=ROLES_MAX)).items:
        if role.id == wanted.role_id:
            return role.user_ids
    raise Missing(f"There is no role {wanted.role_id}.")


def _add_time(totals: Totals, row: Row, currency: str, *, is_worthless: bool) -> None:
    totals.entries += row["entries"]
    totals.hours_e2 += row["hours_e2"]
    if not row["billable"]:
        return
    totals.billable_e2 += row["hours_e2"]
    worth = 0 if is_worthless or row["rate_e4"] == sums.NO_RATE_E4 else row["rounded_e2"] * row["rate_e4"]
    totals.amount_e6[currency] = totals.amount_e6.get(currency, 0) + worth


def _add_expenses(totals: Totals, row: Row, currency: str) -> None:
    totals.entries += row["expenses"]
    totals.total_e2[currency] = totals.total_e2.get(currency, 0) + row["total_cost_e2"]
    if row["billable"]:
        totals.amount_e6[currency] = totals.amount_e6.get(currency, 0) + row["total_cost_e2"] * 10_000
