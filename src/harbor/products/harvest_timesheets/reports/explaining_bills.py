"""Why a line of an invoice is what it is: the entries that were imported into it, their rates, and the price of its hour.

A line does not say of which entries it was made, so the entries that the invoice bills are grouped in each way in which
they can have been, until one group gives this line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.bills.model import Line
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.invoices import reading as invoices
from harbor.products.harvest_timesheets.invoices.import_rules import Manner, TimeSummary, heading, time_lines
from harbor.products.harvest_timesheets.invoices.model import Invoice
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.reports.rate_sources import Sources
from harbor.products.harvest_timesheets.time_entries import reading
from harbor.products.harvest_timesheets.time_entries.model import TimeEntrySeen


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryStep:
    """One entry of a line."""

    seen: TimeEntrySeen
    source: str

    @property
    def exact_e6(self) -> int:
        """Rounded hours times rate, in millionths."""
        return self.seen.entry.rounded_e2 * (self.seen.entry.rate_e4 or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineExplanation:
    """A line and its entries. Without entries `is_fee` tells a fixed fee from a line that people have written or changed."""

    invoice: Invoice
    line: Line
    steps: Sequence[EntryStep]
    is_fee: bool

    @property
    def exact_e6(self) -> int:
        """What the entries come to before anything is rounded."""
        return sum(step.exact_e6 for step in self.steps)

    @property
    def shares_a_rate(self) -> bool:
        """Whether all its entries have one rate; else the price is what an hour comes to, in cents."""
        return len({step.seen.entry.rate_e4 or 0 for step in self.steps}) == 1


def explain(call: Call, invoice_id: int, line_id: int) -> LineExplanation:
    """A line of an invoice that the caller handles. Raises `Missing` and `Denied`."""
    invoice = invoices.to_read(call, invoice_id)
    if not access.me(call).sees_rates:
        raise access.denied("see rates")
    line = next((each for each in invoices.lines_of(call, invoice) if each.id == line_id), None)
    if line is None:
        raise Missing(f"There is no line {line_id} on this invoice.")
    project = None if line.project_id is None else projects.named(call, [line.project_id]).get(line.project_id)
    if project is None:
        return LineExplanation(invoice=invoice, line=line, steps=(), is_fee=False)
    if project.is_fixed_fee and line.description == heading(project):
        return LineExplanation(invoice=invoice, line=line, steps=(), is_fee=True)
    group = _group_of(call, invoice, line, project)
    sources = Sources(call, [(each.entry.project_id, each.entry.task_id, each.entry.user_id) for each in group])
    steps = [EntryStep(seen=each, source=_source(sources, each)) for each in group]
    return LineExplanation(invoice=invoice, line=line, steps=steps, is_fee=False)


def _group_of(call: Call, invoice: Invoice, line: Line, project: Project) -> Sequence[TimeEntrySeen]:
    """The entries that give this line: those whose description fits too come before those that only amount to it."""
    entries = reading.billed_on(call, invoice.id, project.id)
    here = company.of(call)
    period = None
    if invoice.period_start is not None and invoice.period_end is not None:
        period = invoice.period_start, invoice.period_end
    found: list[Sequence[TimeEntrySeen]] = []
    for names_people in (False, True):
        manner = Manner(
            company=here, category=line.category, taxed=line.taxed, taxed2=line.taxed2, names_people=names_people
        )
        for summary, group in _groups(entries):
            (made,) = time_lines(project, group, summary, period, manner)
            if (made.quantity_e4, made.unit_price_e4) != (line.quantity_e4, line.unit_price_e4):
                continue
            if made.description == line.description:
                return group
            found.append(group)
    # The description was changed, or the days in it: the only group of the same hours and price is the one.
    distinct = {tuple(each.entry.id for each in group) for group in found}
    return found[0] if len(distinct) == 1 else ()


def _groups(entries: Sequence[TimeEntrySeen]) -> Iterator[tuple[TimeSummary, Sequence[TimeEntrySeen]]]:
    """Each group that a line can be made of."""
    if entries:
        yield TimeSummary.PROJECT, entries
    for summary in (TimeSummary.TASK, TimeSummary.PEOPLE, TimeSummary.DETAILED):
        for group in _parted(entries, summary):
            yield summary, group


def _parted(entries: Iterable[TimeEntrySeen], summary: TimeSummary) -> Iterable[Sequence[TimeEntrySeen]]:
    parts: dict[int, list[TimeEntrySeen]] = {}
    for each in entries:
        key = {
            TimeSummary.TASK: each.entry.task_id,
            TimeSummary.PEOPLE: each.entry.user_id,
            TimeSummary.DETAILED: each.entry.id,
        }[summary]
        parts.setdefault(key, []).append(each)
    return parts.values()


def _source(sources: Sources, seen: TimeEntrySeen) -> str:
    entry = seen.entry
    return sources.of(
        (entry.project_id, entry.task_id, entry.user_id),
        is_billable=entry.billable,
        rate_e4=entry.rate_e4,
        is_billed=True,
        day=entry.spent_on,
    )
