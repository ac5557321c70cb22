"""Walking through the lists of a source: what is next, page by page, and how long a list may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from harbor.kernel.jobs.model import Abandon, Job, JsonObject
from harbor.products.harvest_timesheets.importing.resources import RESOURCES, Resource
from harbor.products.harvest_timesheets.importing.settling import ALL_FIT
from harbor.products.harvest_timesheets.importing.source import Page

COPY, BILLS, WEEKS, COMPARE, SUMS, END = "copy", "bills", "weeks", "compare", "sums", "end"
# A list grows while it is read. Beyond twice of what it said and some more, it has no end.
_ROOM: Final = 2_000
# However many it speaks of; and where it does not say how many.
_RECORDS_MAX: Final = 20_000_000
_UNSTATED_MAX: Final = 1_000_000
# Of one person or one bill.
PAGES_OF_ONE_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """How far an import is: the phase, the kind, the page of its list or whose list was the last one.

    `seen` and `stated` count the records of the list that is walked; `fits` is which ways of rounding fit so far, and `read` and
    `total` are for people who watch.
    """

    phase: str = COPY
    resource: str = ""
    next: Mapping[str, str] | None = None
    after: int = 0
    seen: int = 0
    stated: int | None = None
    fits: int = ALL_FIT
    given: list[str] = field(default_factory=list)
    read: int = 0
    total: int = 0

    @classmethod
    def of(cls, job: Job) -> At | None:
        """Where the job is to go on; None before its first step."""
        return cls(**dict(job.position)) if job.position else None

    def position(self) -> JsonObject:
        """What is kept of it."""
        return asdict(self)

    def after_page(self, page: Page) -> At:
        """Where it goes on in the same list after a page. Raises `Abandon` for a list without an end."""
        seen, stated = self.seen + len(page.records), self.stated if self.stated is not None else page.total
        most = _UNSTATED_MAX if stated is None else min(2 * stated + _ROOM, _RECORDS_MAX)
        if seen > most:
            spoken = "it says" if stated is None else f"the {stated} it spoke of"
            raise Abandon(f"The source lists more {self.resource} than {spoken}, and comes to no end.")
        if page.next is not None and page.next == self.next:
            raise Abandon(f"The source's list of {self.resource} leads back to the same page.")
        return replace(self, next=page.next, seen=seen, stated=stated, read=self.read + len(page.records))

    def following(self) -> At:
        """Where it goes on after this list: in the next one, or in the next phase."""
        names = [each.name for each in walked(self)]
        index = names.index(self.resource) + 1 if self.resource else 0
        fresh = replace(self, next=None, after=0, seen=0, stated=None)
        if index < len(names):
            return replace(fresh, resource=names[index])
        phases = (COPY, BILLS, WEEKS, COMPARE, SUMS, END)
        fresh = replace(fresh, phase=phases[phases.index(self.phase) + 1], resource="")
        return fresh.following() if fresh.phase == COMPARE else fresh

    def in_phase(self, phase: str) -> At:
        """Where the next phase begins that has no lists."""
        fresh = replace(self, phase=phase, resource="", next=None, after=0, seen=0, stated=None)
        return fresh.following() if phase == COMPARE else fresh


def walked(at: At) -> list[Resource]:
    """The kinds of a phase, in their order."""
    given = [each for each in RESOURCES if each.of is not None or each.name in at.given]
    return [each for each in given if at.phase == COPY or each.is_compared]


def query_of(resource: Resource, at: At, since: str | None) -> dict[str, str]:
    """What a page is asked for with."""
    query: dict[str, Any] = {"per_page": str(resource.per_page)}
    if since is not None and resource.since and resource.of is None and at.phase == COPY:
        query["updated_since"] = since
    return {**query, **(at.next or {})}
