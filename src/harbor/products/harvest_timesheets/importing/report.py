"""The report of an import: what became of the records, counts and sums of both sides, and every difference that was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from harbor.kernel.call import Call
from harbor.products.harvest_timesheets.importing import service, store
from harbor.products.harvest_timesheets.importing.model import Count, Import, Problem, Sum
from harbor.products.harvest_timesheets.projects import service as projects
from harbor.products.harvest_timesheets.users import service as users

# As many projects and people are told of one by one; the totals count all.
SUMS_SHOWN_MAX: Final = 2_000
# What a sum is of, in words, and whether it is in hundredths.
MEASURES: Final[Mapping[str, tuple[str, bool]]] = {
    "records": ("Records", False),
    "hours_by_project": ("Hours by project", True),
    "hours_by_person": ("Hours by person", True),
    "hours_by_approval": ("Hours by approval", True),
    "hours_by_billed": ("Hours by whether they are billed", True),
    "expenses_by_project": ("Expenses by project", True),
    "expenses_by_billed": ("Expenses by whether they are billed", True),
    "invoices_by_state": ("Invoices by state", True),
    "invoices_paid": ("Invoices: what is paid of them", True),
    "payments": ("Payments", True),
    "estimates_by_state": ("Estimates by state", True),
}
_BILLED: Final = {"0": "not billed", "1": "billed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """One measure as a whole: of how many subjects, and how many of them differ."""

    sum: Sum
    subjects: int
    differing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an import came to. `is_complete` says that both sides were compared; `names` are those of the subjects of sums."""

    each: Import
    counts: Sequence[Count]
    totals: Sequence[Total]
    sums: Sequence[Sum]
    problems: Sequence[Problem]
    names: Mapping[tuple[str, str], str]

    @property
    def differing(self) -> int:
        """How many sums are not the same on both sides."""
        return sum(total.differing for total in self.totals)

    @property
    def is_equal(self) -> bool:
        """Whether nothing at all differs."""
        return not self.differing and not self.each.problems


def of(call: Call, each: Import) -> Report:
    """The report, as far as it is there."""
    totals = [
        Total(sum=total, subjects=subjects, differing=differing)
        for total, subjects, differing in store.totals(call.tx, call.account_id, each.id)
    ]
    sums = store.sums(call.tx, call.account_id, each.id, only_differing=False, limit=SUMS_SHOWN_MAX)
    return Report(
        each=each,
        counts=service.counts(call, each),
        totals=totals,
        sums=sums,
        problems=store.problems(call.tx, call.account_id, each.id),
        names=_names(call, sums),
    )


def _names(call: Call, sums: Sequence[Sum]) -> dict[tuple[str, str], str]:
    of_projects = [int(each.subject) for each in sums if each.measure.endswith("_by_project")]
    of_people = [int(each.subject) for each in sums if each.measure.endswith("_by_person")]
    titles = {str(id_): found.name for id_, found in projects.named(call, of_projects).items()}
    people = {str(id_): found.name for id_, found in users.named(call, of_people).items()}
    found: dict[tuple[str, str], str] = {}
    for each in sums:
        known = (
            titles
            if each.measure.endswith("_by_project")
            else people
            if each.measure.endswith("_by_person")
            else _BILLED
            if each.measure.endswith("_by_billed")
            else {}
        )
        found[each.measure, each.subject] = known.get(each.subject, each.subject.replace("_", " "))
    return found
