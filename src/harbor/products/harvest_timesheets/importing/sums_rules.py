"""What is added up on both sides of an import, to tell whether they are the same. Hours and money are hundredths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from harbor.products.harvest_timesheets.importing.values import Mapped

RECORDS: Final = "records"
PAYMENTS: Final = "payments"
Sums = dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """`column` of the rows of a kind added up, by the columns `by`."""

    name: str
    resource: str
    column: str
    by: tuple[str, ...]


MEASURES: Final = (
    Measure(name="hours_by_project", resource="time_entries", column="hours_e2", by=("project_id",)),
    Measure(name="hours_by_person", resource="time_entries", column="hours_e2", by=("user_id",)),
    Measure(name="hours_by_approval", resource="time_entries", column="hours_e2", by=("approval_status",)),
    Measure(name="hours_by_billed", resource="time_entries", column="hours_e2", by=("is_billed",)),
    Measure(name="expenses_by_project", resource="expenses", column="total_cost_e2", by=("project_id",)),
    Measure(name="expenses_by_billed", resource="expenses", column="total_cost_e2", by=("is_billed",)),
    Measure(name="invoices_by_state", resource="invoices", column="amount_e2", by=("state", "currency")),
    Measure(name="invoices_paid", resource="invoices", column="paid_e2", by=("currency",)),
    Measure(name="estimates_by_state", resource="estimates", column="amount_e2", by=("state", "currency")),
)
ABOUT: Final = {"project_id": "harvest_projects", "user_id": "harvest_users"}


def added_up(resource: str, rows: Iterable[Mapped]) -> Sums:
    """The sums of rows as the source has them."""
    found: Sums = {}
    rows = list(rows)
    for measure in MEASURES:
        if measure.resource == resource:
            for row in rows:
                key = measure.name, " ".join(str(row.values[name]) for name in measure.by)
                found[key] = found.get(key, 0) + int(row.values[measure.column])
    if resource == "invoices":
        # What the source says was paid is held against the payments that are here.
        for row in rows:
            key = PAYMENTS, str(row.values["currency"])
            found[key] = found.get(key, 0) + int(row.values["paid_e2"])
    return found
