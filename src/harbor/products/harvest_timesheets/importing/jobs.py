"""The job of an import: page after page, each written in one commit with the place after it.

A crash, a stop or a refusal of the source leaves what was committed, and the next run goes on after it.
Source: docs/products/harvest.md#imports.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from harbor.kernel.call import Call
from harbor.kernel.clock import micros_or_none
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import Abandon, JobKind, JsonObject, LeaseLost, Progress
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.retention.steps import Budget, Reached, walk_kind
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.importing import (
    beginning,
    comparing,
    csv_service,
    csv_store,
    people,
    receipts,
    rows_store,
    service,
    settling,
    store,
    walking,
    writing,
)
from harbor.products.harvest_timesheets.importing.means import CallOf, Means
from harbor.products.harvest_timesheets.importing.model import LEFT_OUT_MAX, Count, Import, Problem, State
from harbor.products.harvest_timesheets.importing.receipts import Fetched
from harbor.products.harvest_timesheets.importing.resources import BY_NAME, RESOURCES, Resource
from harbor.products.harvest_timesheets.importing.source import NotGiven, Page, Source
from harbor.products.harvest_timesheets.importing.taking import Taken, referred, taken
from harbor.products.harvest_timesheets.importing.values import World
from harbor.products.harvest_timesheets.importing.walking import At
from harbor.products.harvest_timesheets.telling import tell

T = TypeVar("T")
TIDY: Final = "harvest.imports.tidy"
TIDY_SCHEDULE: Final = Schedule(name=TIDY, every_s=3_600, kind=TIDY)
_TIDIED_AT_ONCE: Final = 100
_COLLISIONS_MAX: Final = 100
_REST_S_MAX: Final = 1.0
# A source that is away for a day may come back.
_ATTEMPTS_MAX: Final = 30


def kinds(call_of: CallOf, means: Means) -> list[JobKind]:
    """The kinds of jobs of imports."""

    async def run(context: JobContext) -> JsonObject:
        try:
            return await _Run(context, call_of, means).go()
        except LeaseLost:
            raise
        except Exception as error:
            if isinstance(error, Abandon) or context.is_last_attempt:
                fault = error
                await context.write(lambda tx: service.fail(call_of(tx, context.job.account_id), context.job.id, fault))
            raise

    return [
        JobKind(name=service.IMPORT, run=run, attempts_max=_ATTEMPTS_MAX, lease_s=60),
        walk_kind(TIDY, tidy_with(call_of)),
    ]


def tidy_with(call_of: CallOf) -> Callable[[Tx, JsonObject, Budget], Reached]:
    """The sweep that ends imports whose job has ended without them: its process was killed once too often.

    Their tokens and rows are erased.
    """

    def tidy(tx: Tx, _at: JsonObject, budget: Budget) -> Reached:
        for account_id, import_id, job_id in store.with_token(tx, limit=_TIDIED_AT_ONCE):
            job = service.kept_job(tx, account_id, job_id)
            if job is None or not job.is_open:
                service.end_lost(call_of(tx, account_id), import_id)
            budget.spend(1)
        for account_id, import_id, job_id in csv_store.unended(tx, limit=_TIDIED_AT_ONCE):
            job = service.kept_job(tx, account_id, job_id)
            if job is None or not job.is_open:
                csv_service.end_lost(call_of(tx, account_id), import_id)
            budget.spend(1)
        return Reached({}, is_end=True)

    return tidy


class _Run:
    """One run of the job."""

    def __init__(self, context: JobContext, call_of: CallOf, means: Means) -> None:
        self.context = context
        self.call_of = call_of
        self.means = means
        self.account_id = context.job.account_id

    async def go(self) -> JsonObject:
        """The whole import, from where it stands."""
        self.each, token, self.zone = await self.context.read(self._read)
        self.source = Source(
            client=self.means.client,
            url=self.each.source_url,
            account=self.each.source_account,
            token=token,
            pace=self.means.pace,
            sleep=self.means.sleep,
        )
        at = At.of(self.context.job) or await self._begin()
        while at.phase != walking.END:
            began = time.monotonic()
            if at.phase in (walking.COPY, walking.COMPARE):
                resource = BY_NAME[at.resource]
                at = await (self._page(resource, at) if resource.of is None else self._lists(resource, at))
            else:
                at = await self._settle(at)
            # As long as the step took: an import has at most half of the writer.
            await self.means.sleep(min(_REST_S_MAX, (time.monotonic() - began) / 2))
        return {"import": self.each.id}

    def _read(self, tx: Tx) -> tuple[Import, str, str]:
        call = self.call_of(tx, self.account_id)
        each = service.of_job(call, self.context.job.id)
        return each, service.open_token(call, each), company.of(call).timezone

    async def _begin(self) -> At:
        seen = await beginning.look(self.source)
        if await self.context.read(lambda tx: service.needs_look(self.call_of(tx, self.account_id), self.each)):
            await self._refuse_collisions(seen)
        total = sum(seen.totals.values())
        at = At(given=[*seen.totals], total=total if self.each.since else 2 * total).following()

        def begin(call: Call) -> At:
            beginning.begin(call, self.each, seen, self.source)
            store.set_state(call.tx, self.account_id, self.each.id, State.RUNNING)
            return at

        at = await self._step(begin)
        self.each, _, self.zone = await self.context.read(self._read)
        return at

    async def _refuse_collisions(self, seen: beginning.Seen) -> None:
        """Raise `Abandon` where ids of the source are those of other things here."""
        found: list[Problem] = []
        for resource in RESOURCES:
            at = At(resource=resource.name)
            while resource.name in seen.totals and len(found) < _COLLISIONS_MAX:
                page = await self.source.page(resource.path, resource.list_key, walking.query_of(resource, at, None))
                read = taken("look", resource, page.records, self._world(), floor=2**63)
                found += await self._colliding(resource, read)
                at = at.after_page(page)
                if at.next is None:
                    break
        if found:
            await self.context.write(lambda tx: store.add_problems(tx, self.account_id, self.each.id, found))
            named = ", ".join(f"{each.resource} {each.thing}" for each in found[:5])
            raise Abandon(
                f"The account has other things with {len(found)} ids of the source's: {named}. Import into an account without data."
            )

    async def _colliding(self, resource: Resource, read: Taken) -> list[Problem]:
        return await self.context.read(lambda tx: service.collisions(self.call_of(tx, self.account_id), resource, read))

    # Lists

    async def _page(self, resource: Resource, at: At) -> At:
        """One page of the only list of a kind."""
        since = service.since_text(self.each)
        try:
            page = await self.source.page(resource.path, resource.list_key, walking.query_of(resource, at, since))
        except NotGiven as refusal:
            raise Abandon(f"The source answered {refusal.status} to {resource.path}.") from None
        after = at.after_page(page)
        after = after if after.next is not None else after.following()
        found = taken(at.phase, resource, page.records, self._world(), floor=self._floor)
        if at.phase == walking.COMPARE:
            return await self._step(lambda call: self._compare(call, resource, found, after))
        fetched = await self._receipts(resource, found)
        return await self._step(lambda call: self._copy(call, resource, found, fetched, after))

    async def _receipts(self, resource: Resource, found: Taken) -> Fetched:
        if resource.name != "expenses":
            return Fetched()
        ids = list(found.rows)
        own = await self.context.read(lambda tx: receipts.have(self.call_of(tx, self.account_id), ids))
        return await receipts.fetch(self.source, self.means.blobs, self.account_id, found, own)

    def _copy(self, call: Call, resource: Resource, page: Taken, fetched: Fetched, after: At) -> At:
        found = Taken(page.records.copy(), {id_: row.copy() for id_, row in page.rows.items()}, page.problems.copy())
        writing.hold(call, resource, found)
        referred(call, walking.COPY, resource, found)
        if resource.name == "users":
            is_first = not service.was_copied_before(call, self.each)
            people.settle(call, found, is_first=is_first)
            people.keep_administrator(found, service.of_job(call, self.context.job.id).user_id)
        fits = settling.fitting(call, found, after.fits) if resource.name == "time_entries" else after.fits
        count = writing.write(call, resource, found, floor=self._floor)
        if resource.name == "expenses":
            receipts.write(call, found, fetched)
        self._note(call, resource, count, found.problems, after)
        return replace(after, fits=fits)

    def _compare(self, call: Call, resource: Resource, page: Taken, after: At) -> At:
        found = Taken(page.records.copy(), {id_: row.copy() for id_, row in page.rows.items()}, page.problems.copy())
        referred(call, walking.COMPARE, resource, found)
        comparing.hold_against(call, self.each, resource, found)
        return after

    async def _lists(self, resource: Resource, at: At) -> At:
        """The list of the next one who has a list of this kind."""
        since_us = micros_or_none(self.each.since) if resource.since and at.phase == walking.COPY else None
        owners = await self.context.read(
            lambda tx: rows_store.next_ids(
                tx,
                str(resource.of),
                self.account_id,
                at.after,
                limit=1,
                below=self._floor,
                since_us=since_us,
                only=resource.owners,
            )
        )
        if not owners:
            after = at.following()
            return await self._step(lambda call: self._lists_end(call, resource, at, after, since_us))
        found = await self._list_of(resource, at, owners[0])
        after = replace(at, after=owners[0])
        if found is None:
            return await self._step(lambda call: after)
        return await self._step(lambda call: self._take_list(call, resource, found, owners[0], at, after))

    async def _list_of(self, resource: Resource, at: At, owner_id: int) -> Taken | None:
        """All of somebody's list; None where the source does not give it."""
        path = resource.path.replace("{parent}", str(owner_id))
        raws: list[Any] = []
        place: At | None = At(resource=resource.name)
        for _ in range(walking.PAGES_OF_ONE_MAX):
            assert place is not None
            try:
                page: Page = await self.source.page(path, resource.list_key, walking.query_of(resource, place, None))
            except NotGiven:
                return None
            raws += page.records
            place = place.after_page(page)
            if place.next is None:
                return taken(at.phase, resource, raws, self._world(owner_id), floor=self._floor)
        raise Abandon(f"{path} of the source has more than {walking.PAGES_OF_ONE_MAX} pages.")

    def _take_list(self, call: Call, resource: Resource, page: Taken, owner_id: int, at: At, after: At) -> At:
        found = Taken(page.records.copy(), page.rows.copy(), page.problems.copy())
        referred(call, at.phase, resource, found)
        if at.phase == walking.COMPARE:
            owner = str(resource.owner)
            rows = rows_store.stored(
                call.tx, resource.table, self.account_id, [owner_id], fixed=resource.fixed, column=owner
            )
            stored = {row[resource.id_column]: row for row in rows}
            comparing.hold_list_against(call, self.each, resource, found, stored)
        else:
            self._note(call, resource, writing.replace(call, resource, found, owner_id), found.problems, after)
        return after

    def _lists_end(self, call: Call, resource: Resource, at: At, after: At, since_us: int | None) -> At:
        if at.phase == walking.COPY:
            if resource.name == "invoice_payments":
                rows_store.forget_payments_of_unpaid(call.tx, self.account_id, below=self._floor, since_us=since_us)
            self._tell_copied(call, resource)
        return after

    # What follows

    async def _settle(self, at: At) -> At:
        def settle(call: Call) -> At:
            if at.phase == walking.BILLS:
                if at.after == 0:
                    settling.round_alike(call, at.fits)
                last = settling.lock_bills(call, at.after)
                return at.in_phase(walking.WEEKS) if last is None else replace(at, after=last)
            if at.phase == walking.WEEKS:
                last = settling.lock_weeks(call, at.after)
                return at.in_phase(walking.COMPARE) if last is None else replace(at, after=last)
            comparing.add_up_here(call, self.each, frozenset(at.given) | {each.name for each in RESOURCES if each.of})
            service.finish(call, self.each)
            return replace(at, phase=walking.END, read=at.total)

        return await self._step(settle)

    def _note(self, call: Call, resource: Resource, count: Count, problems: list[Problem], after: At) -> None:
        store.add_count(call.tx, self.account_id, self.each.id, count)
        total = store.add_problems(call.tx, self.account_id, self.each.id, problems)
        if total > LEFT_OUT_MAX:
            raise Abandon(f"More than {LEFT_OUT_MAX} records of the source cannot be kept; the report says why.")
        if after.resource != resource.name:
            self._tell_copied(call, resource)

    def _tell_copied(self, call: Call, resource: Resource) -> None:
        count = store.counts(call.tx, self.account_id, self.each.id).get(resource.name, Count(resource=resource.name))
        tell(
            call,
            "import.copied",
            self.each.id,
            resource=resource.name,
            seen=count.seen,
            added=count.added,
            changed=count.changed,
            left_out=count.left_out,
        )

    async def _step(self, work: Callable[[Call], At]) -> At:
        return await self.context.step(
            lambda tx: work(self.call_of(tx, self.account_id)),
            position=lambda at: at.position(),
            progress=lambda at: Progress(min(at.read, at.total), at.total),
        )

    def _world(self, parent_id: int = 0) -> World:
        return World(timezone=self.zone, parent_id=parent_id)

    @property
    def _floor(self) -> int:
        assert self.each.floor is not None, self.each
        return self.each.floor
