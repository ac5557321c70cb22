"""Entries of a list, written as text right away: a page has 2,000 of them, and thirty fields each.

What stands around entries is written once for each project, person, task and assignment. A test lets this and
`showing.show` write the same entries. Source: docs/products/harvest.md#time-entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import msgspec

from harbor.products.harvest_timesheets import wire
from harbor.products.harvest_timesheets.company.model import Company
from harbor.products.harvest_timesheets.locks.model import Cover
from harbor.products.harvest_timesheets.pricing.rules import elapsed_e2, rounded_e2
from harbor.products.harvest_timesheets.time_entries.lines_store import (
    CLIENT,
    ENTRY,
    IDS,
    PROJECT,
    SEAT,
    TASK,
    USE,
    USER,
    Line,
)
from harbor.products.harvest_timesheets.time_entries.model import (
    APPROVED,
    ARCHIVED,
    IN_LOCKED_PERIOD,
    INVOICED,
    Approval,
    ExternalReference,
)

_BOOLEANS = ("false", "true")
_SECOND_US = 1_000_000


class Writer:
    """Writes lines for one caller at one moment. `rates_e4` are the billable rates of people in force today."""

    def __init__(
        self,
        here: Company,
        cover: Cover,
        rates_e4: Mapping[int, int],
        *,
        now_us: int,
        sees_rates: bool,
        sees_costs: bool,
    ) -> None:
        self._here = here
        self._cover = cover
        self._rates_e4 = rates_e4
        self._now_us = now_us
        self._sees_rates = sees_rates
        self._sees_costs = sees_costs
        self._parts: dict[tuple[str, Any], str] = {}
        self._around: dict[Line, tuple[str, bool]] = {}

    def write(self, line: Line) -> msgspec.Raw:
        """The entry of a line as JSON."""
        (
            id_, spent_on, hours_e2, stored_e2, notes, approval, is_billed, started_at, started, ended, billable, budgeted,
            rate_e4, cost_e4, created_at, updated_at, invoice_id, invoice_number, *external,
        ) = line[ENTRY]  # fmt: skip
        ids = line[IDS]
        around, is_archived = self._around.get(ids) or self._write_around(ids, line)
        is_closed = approval == Approval.APPROVED
        is_in_period = bool(self._cover) and self._cover.covers(
            project_id=ids[0], user_id=ids[1], day=date.fromisoformat(spent_on)
        )
        total_e2, shown_e2 = hours_e2, stored_e2
        if started_at is not None:
            total_e2 = elapsed_e2(hours_e2, self._now_us - started_at)
            shown_e2 = rounded_e2(total_e2, self._here)
        clock = self._here.clock
        return msgspec.Raw(
            (
                f'{{"id":{id_},"spent_date":"{spent_on}","hours":{total_e2 / 100},"hours_without_timer":{hours_e2 / 100},'
                f'"rounded_hours":{shown_e2 / 100},"notes":{_text(notes)},'
                f"{_lock(bool(is_billed), is_closed, is_archived, is_in_period)}"
                f'"is_closed":{_BOOLEANS[is_closed]},"approval_status":"{approval}",'
                f'"is_explicitly_locked":{_BOOLEANS[is_in_period]},"is_billed":{_BOOLEANS[is_billed]},'
                f'"timer_started_at":{_moment(started_at)},"started_time":{_time(started, clock)},'
                f'"ended_time":{_time(ended, clock)},"is_running":{_BOOLEANS[started_at is not None]},'
                f'"billable":{_BOOLEANS[billable]},"budgeted":{_BOOLEANS[budgeted]},'
                f'"billable_rate":{_number(rate_e4 if self._sees_rates else None, 4)},'
                f'"cost_rate":{_number(cost_e4 if self._sees_costs else None, 4)},'
                f'"created_at":{_moment(created_at)},"updated_at":{_moment(updated_at)},{around}'
                f'"invoice":{_invoice(invoice_id, invoice_number)},"external_reference":{_reference(external)}}}'
            ).encode()
        )

    def _write_around(self, ids: Line, line: Line) -> tuple[str, bool]:
        """What is the same for entries of a person on a task of a project, and whether any of it is archived."""
        project_id, user_id, task_id = ids
        first_name, last_name, user_is_active = line[USER]
        client_id, client_name, currency, client_is_active = line[CLIENT]
        project_name, code, project_is_active = line[PROJECT]
        task_name, task_is_active = line[TASK]
        user_name = f"{first_name} {last_name}".strip()
        text = (
            f'"user":{{"id":{user_id},"name":{_text(user_name)}}},'
            f'"client":{{"id":{client_id},"name":{_text(client_name)},"currency":"{currency}"}},'
            f'"project":{{"id":{project_id},"name":{_text(project_name)},"code":{_text(code)}}},'
            f'"task":{{"id":{task_id},"name":{_text(task_name)}}},'
            f'"user_assignment":{self._seat(user_id, line[SEAT])},"task_assignment":{self._use(line[USE])},'
        )
        is_archived = not (user_is_active and client_is_active and project_is_active and task_is_active)
        self._around[ids] = text, is_archived
        return text, is_archived

    def _seat(self, user_id: int, seat: Line) -> str:
        id_, is_manager, is_active, uses_default, budget_e2, created_at, updated_at, rate_e4 = seat
        if id_ is None:
            return "null"
        if ("seat", id_) not in self._parts:
            shown_e4 = self._rates_e4.get(user_id) if uses_default else rate_e4
            self._parts["seat", id_] = (
                f'{{"id":{id_},"is_project_manager":{_BOOLEANS[is_manager]},"is_active":{_BOOLEANS[is_active]},'
                f'"use_default_rates":{_BOOLEANS[uses_default]},"budget":{_number(budget_e2, 2)},'
                f'"created_at":{_moment(created_at)},"updated_at":{_moment(updated_at)},'
                f'"hourly_rate":{_number(shown_e4 if self._sees_rates else None, 4)}}}'
            )
        return self._parts["seat", id_]

    def _use(self, use: Line) -> str:
        id_, billable, is_active, created_at, updated_at, rate_e4, budget_e2 = use
        if id_ is None:
            return "null"
        if ("use", id_) not in self._parts:
            self._parts["use", id_] = (
                f'{{"id":{id_},"billable":{_BOOLEANS[billable]},"is_active":{_BOOLEANS[is_active]},'
                f'"created_at":{_moment(created_at)},"updated_at":{_moment(updated_at)},'
                f'"hourly_rate":{_number(rate_e4 if self._sees_rates else None, 4)},"budget":{_number(budget_e2, 2)}}}'
            )
        return self._parts["use", id_]


@lru_cache(maxsize=16)
def _lock(is_billed: bool, is_closed: bool, is_archived: bool, is_in_period: bool) -> str:
    reasons = ((INVOICED, is_billed), (APPROVED, is_closed), (ARCHIVED, is_archived), (IN_LOCKED_PERIOD, is_in_period))
    found = [reason for reason, holds in reasons if holds]
    reason = f'"Item {" and ".join(found)}"' if found else "null"
    return f'"is_locked":{_BOOLEANS[bool(found)]},"locked_reason":{reason},'


@lru_cache(maxsize=20_000)
def _number(units: int | None, places: int) -> str:
    shown = wire.number(units, places)
    return bytes(shown).decode() if isinstance(shown, msgspec.Raw) else "null" if shown is None else repr(shown)


@lru_cache(maxsize=50_000)
def _moment(moment_us: int | None) -> str:
    if moment_us is None:
        return "null"
    return datetime.fromtimestamp(moment_us // _SECOND_US, UTC).strftime('"%Y-%m-%dT%H:%M:%SZ"')


@lru_cache(maxsize=10_000)
def _time(value: str | None, clock: str) -> str:
    return "null" if value is None else f'"{wire.clock_time(value, clock)}"'


def _text(value: str | None) -> str:
    return "null" if value is None else msgspec.json.encode(value).decode()


def _invoice(invoice_id: int | None, number: str | None) -> str:
    return "null" if invoice_id is None else f'{{"id":{invoice_id},"number":{_text(number)}}}'


def _reference(external: list[str | None]) -> str:
    if not any(each is not None for each in external):
        return "null"
    id_, group_id, account_id, permalink = external
    reference = ExternalReference(id=id_, group_id=group_id, account_id=account_id, permalink=permalink)
    return (
        f'{{"id":{_text(id_)},"group_id":{_text(group_id)},"account_id":{_text(account_id)},'
        f'"permalink":{_text(permalink)},"service":{_text(reference.service)},'
        f'"service_icon_url":{_text(reference.service_icon_url)}}}'
    )
