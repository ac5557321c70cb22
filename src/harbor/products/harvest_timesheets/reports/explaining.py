"""Why an amount is what it is: hours and rates behind it, where each rate comes from, and the sum before it is rounded.

An explanation reads the same rows as the report, so that its last step is the amount that the report shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.kernel.storage.database import Row
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.bills import service as bills
from harbor.products.harvest_timesheets.clients import service as clients
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import Company, Rounding
from harbor.products.harvest_timesheets.expenses import sums as expense_sums
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.reports import uninvoiced
from harbor.products.harvest_timesheets.reports.model import Period, Subject
from harbor.products.harvest_timesheets.reports.rate_sources import Sources
from harbor.products.harvest_timesheets.reports.rules import amount_e2, fee_counts
from harbor.products.harvest_timesheets.reports.subjects import named
from harbor.products.harvest_timesheets.time_entries import sums
from harbor.products.harvest_timesheets.time_entries.model import Reach
from harbor.products.harvest_timesheets.time_entries.reading import reach_of

# What somebody reads; the rest is one line that says how many there are.
LINES_MAX = 200
_PLACES = ("project_id", "task_id", "user_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLine:
    """Hours at one rate. `exact_e6` is their product in millionths; `rate_e4` None has no rate and is worth nothing."""

    project: str
    task: str
    person: str
    entries: int
    rounded_e2: int
    rate_e4: int | None
    source: str
    exact_e6: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The amount `amount_e2` of `name`. `others` is what the lines leave out; `added` are amounts that are no hours."""

    name: str
    currency: str
    lines: Sequence[RateLine]
    others: RateLine | None
    exact_e6: int
    added: Sequence[tuple[str, int]]
    amount_e2: int

    @property
    def time_e2(self) -> int:
        """What the hours come to, rounded once."""
        return amount_e2(self.exact_e6)


def time(
    call: Call, subject: Subject, subject_id: int, currency: str, asked: Period, *, includes_fixed_fee: bool
) -> Explanation:
    """A row of a report of time. Raises `Denied` for who sees no amounts, and `Missing` for a row that is not there."""
    _require_rates(call)
    pricing.refuse_while_repricing(call)

    def narrow(where: Where) -> Where:
        return where.equal(**{subject.value: subject_id})

    columns = [*_PLACES, "client_id", "billable", "is_billed", "rate_e4"]
    rows = sums.of_period(call, columns, asked.from_on, asked.to_on, reach=reach_of(call), narrow=narrow)
    currencies = {each.id: each.currency for each in clients.named(call, {row["client_id"] for row in rows}).values()}
    own = [row for row in rows if currencies[row["client_id"]] == currency]
    if not own:
        raise Missing("There is no such row in this report.")
    of_projects = projects.named(call, {row["project_id"] for row in own})
    worthless = {each.id for each in of_projects.values() if each.is_fixed_fee and not includes_fixed_fee}
    name = named(call, subject, {subject_id}, of_expenses=False)[subject_id].name
    lines = _lines(call, own, lambda row: row["project_id"] in worthless)
    return _explained(name, currency, lines, ())


def not_invoiced(call: Call, project_id: int, asked: Period) -> Explanation:
    """A row of what is not invoiced. Raises `Denied` as the report does, and `Missing` for a project it does not have."""
    uninvoiced.to_see(call)
    _require_rates(call)
    pricing.refuse_while_repricing(call)
    managed = None if access.me(call).is_administrator else access.managed_projects(call)
    project = projects.named(call, [project_id]).get(project_id)
    is_listed = project is not None and project.is_active and project.is_billable
    if project is None or not is_listed or not (managed is None or project_id in managed):
        raise Missing("There is no such row in this report.")
    currency = clients.named(call, [project.client_id])[project.client_id].currency
    reach = Reach(user_ids=frozenset(), project_ids=frozenset({project_id}))
    if project.is_fixed_fee:
        here = company.of(call)
        if not fee_counts(project, asked, here.day_of(project.created_at)):
            return _explained(
                project.name, currency, [], [("The project does not start in this span, so its fee does not count", 0)]
            )
        billed = bills.billed_e2(call, [project_id]).get(project_id, 0)
        return _explained(
            project.name, currency, [], [("Fixed fee", project.fee_e2 or 0), ("Invoiced already", -billed)]
        )
    rows = sums.of_period(call, [*_PLACES, "billable", "is_billed", "rate_e4"], asked.from_on, asked.to_on, reach=reach)
    open_ = [row for row in rows if row["billable"] and not row["is_billed"]]
    costs = expense_sums.by(call, ("billable", "is_billed"), from_on=asked.from_on, to_on=asked.to_on, reach=reach)
    spent = sum(row["total_cost_e2"] for row in costs if row["billable"] and not row["is_billed"])
    added = [("Billable expenses that are not invoiced", spent)] if spent else []
    return _explained(project.name, currency, _lines(call, open_, lambda _row: False), added)


def rounding_rule(here: Company) -> str:
    """How entries are rounded, in a sentence."""
    if here.rounding is Rounding.OFF:
        return "Entries are not rounded."
    way = "up to whole" if here.rounding is Rounding.UP else "to the nearest"
    return f"Each entry is rounded {way} {here.rounding_minutes} minutes before it is summed."


def _require_rates(call: Call) -> None:
    if not access.me(call).sees_rates:
        raise access.denied("see amounts")


def _lines(call: Call, rows: Sequence[Row], is_worthless: Callable[[Row], bool]) -> list[RateLine]:
    sources = Sources(call, [(row["project_id"], row["task_id"], row["user_id"]) for row in rows])
    found = []
    for row in rows:
        place = row["project_id"], row["task_id"], row["user_id"]
        rate_e4 = None if row["rate_e4"] == sums.NO_RATE_E4 else int(row["rate_e4"])
        is_billable, is_billed = bool(row["billable"]), bool(row["is_billed"])
        worthless = is_worthless(row)
        source = sources.of(place, is_billable=is_billable, rate_e4=rate_e4, is_billed=is_billed)
        project, task, person = sources.names(place)
        counts = is_billable and rate_e4 is not None and not worthless
        found.append(
            RateLine(
                project=project,
                task=task,
                person=person,
                entries=row["entries"],
                rounded_e2=row["rounded_e2"],
                rate_e4=rate_e4 if counts else None,
                source="the project has a fixed fee" if worthless and is_billable else source,
                exact_e6=row["rounded_e2"] * (rate_e4 or 0) if counts else 0,
            )
        )
    return sorted(found, key=lambda line: (-line.exact_e6, line.project, line.task, line.person))


def _explained(name: str, currency: str, lines: list[RateLine], added: Sequence[tuple[str, int]]) -> Explanation:
    shown, rest = lines[:LINES_MAX], lines[LINES_MAX:]
    exact = sum(line.exact_e6 for line in lines)
    others = None
    if rest:
        others = RateLine(
            project=f"{len(rest):,} more lines",
            task="",
            person="",
            entries=sum(line.entries for line in rest),
            rounded_e2=sum(line.rounded_e2 for line in rest),
            rate_e4=None,
            source="",
            exact_e6=sum(line.exact_e6 for line in rest),
        )
    return Explanation(
        name=name,
        currency=currency,
        lines=shown,
        others=others,
        exact_e6=exact,
        added=added,
        amount_e2=amount_e2(exact) + sum(amount for _, amount in added),
    )
