"""Capacity: the hours of people against those they have, and how much of these is billable.

Whoever sees a person's time as a whole sees their row: administrators everybody, managers their people and themselves, others
themselves. Source: docs/products/harvest.md#reports-in-the-console.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from harbor.kernel.call import Call
from harbor.kernel.pages import PageRequest
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.pricing import service as pricing
from harbor.products.harvest_timesheets.reports.model import Period
from harbor.products.harvest_timesheets.reports.rules import collation
from harbor.products.harvest_timesheets.time_entries import sums
from harbor.products.harvest_timesheets.time_entries.model import Reach
from harbor.products.harvest_timesheets.users import service as users
from harbor.products.harvest_timesheets.users.model import User

_WORK_DAYS: Final = 5
_HUNDREDTH_S: Final = 36  # of an hour
# Below four fifths somebody has time left; above the whole, too little.
_UNDER_TENTHS: Final = 800
_OVER_TENTHS: Final = 1_000
_PEOPLE_AT_ONCE: Final = 2_000


class Load(StrEnum):
    """How busy somebody is."""

    OVER = "over"
    UNDER = "under"
    FULL = "full"
    NONE = "none"  # who has no capacity at all


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityRow:
    """A person's hours of a period, in hundredths."""

    user: User
    capacity_e2: int
    total_e2: int
    billable_e2: int

    @property
    def used_tenths(self) -> int | None:
        """Hours as a part of the capacity, in tenths of per cent."""
        return _share(self.total_e2, self.capacity_e2)

    @property
    def billable_tenths(self) -> int | None:
        """Billable hours as a part of the capacity."""
        return _share(self.billable_e2, self.capacity_e2)

    @property
    def left_e2(self) -> int:
        """Hours that are left; below zero for those that are too many."""
        return self.capacity_e2 - self.total_e2

    @property
    def load(self) -> Load:
        """Whether it is too much or too little."""
        used = self.used_tenths
        if used is None:
            return Load.NONE
        return Load.OVER if used > _OVER_TENTHS else Load.UNDER if used < _UNDER_TENTHS else Load.FULL


def capacity(call: Call, asked: Period) -> list[CapacityRow]:
    """The people by name: the active ones, and others who have hours. Raises `Conflict` while entries are priced anew."""
    pricing.refuse_while_repricing(call)
    me = access.me(call)
    own = frozenset() if me.is_administrator else access.own_people(call) | {me.user_id}
    reach = None if me.is_administrator else Reach(user_ids=own, project_ids=frozenset())
    found: dict[int, list[int]] = {}
    for row in sums.of_period(call, ("user_id", "billable"), asked.from_on, asked.to_on, reach=reach):
        totals = found.setdefault(row["user_id"], [0, 0])
        totals[0] += row["rounded_e2"]
        totals[1] += row["rounded_e2"] if row["billable"] else 0
    people = dict(users.named(call, found))
    people |= {each.id: each for each in _active(call) if me.is_administrator or each.id in own}
    days = work_days(asked.from_on, min(asked.to_on, company.today(call)))
    rows = [
        CapacityRow(
            user=user,
            capacity_e2=capacity_e2(user.weekly_capacity_s, days),
            total_e2=found.get(user.id, [0, 0])[0],
            billable_e2=found.get(user.id, [0, 0])[1],
        )
        for user in people.values()
    ]
    return sorted(rows, key=lambda row: (collation(row.user.name), row.user.id))


def work_days(from_on: date, to_on: date) -> int:
    """How many days from Monday to Friday there are; none of an empty period."""
    days = (to_on - from_on).days + 1
    if days <= 0:
        return 0
    weeks, rest = divmod(days, 7)
    return weeks * _WORK_DAYS + sum((from_on + timedelta(days=n)).weekday() < _WORK_DAYS for n in range(rest))


def capacity_e2(weekly_s: int, days: int) -> int:
    """The share of a week's capacity that so many work days have, rounded half up."""
    whole = weekly_s * days
    unit = _WORK_DAYS * _HUNDREDTH_S
    return (2 * whole + unit) // (2 * unit)


def _active(call: Call) -> list[User]:
    me = access.me(call)
    if not (me.is_administrator or me.is_manager):
        return [users.myself(call)]
    found: list[User] = []
    number, more = 1, True
    while more:
        page = users.listed(call, PageRequest(limit=_PEOPLE_AT_ONCE, number=number), is_active=True)
        found += [each.user for each in page.items]
        number, more = number + 1, page.more
    return found


def _share(part: int, whole: int) -> int | None:
    return (2 * part * 1_000 + whole) // (2 * whole) if whole > 0 else None
