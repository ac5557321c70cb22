"""How an import begins: the source is asked who and how much it is, and the account is made ready for its ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.errors import Invalid
from harbor.kernel.identity.store import raise_serial
from harbor.kernel.jobs.model import Abandon
from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.access.model import AccessRole
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.company.model import (
    CLOCKS,
    DATE_FORMATS,
    WEEK_START_DAYS,
    WEEKLY_CAPACITY_S_MAX,
)
from harbor.products.harvest_timesheets.currencies import known_currency
from harbor.products.harvest_timesheets.importing import rows_store, store
from harbor.products.harvest_timesheets.importing.directory_records import CompanyRecord, UserRecord
from harbor.products.harvest_timesheets.importing.model import FLOOR_STEP, ID_MAX, Import
from harbor.products.harvest_timesheets.importing.resources import RESOURCES
from harbor.products.harvest_timesheets.importing.source import NotGiven, Source
from harbor.products.harvest_timesheets.telling import tell
from harbor.products.harvest_timesheets.zones import known_zone

# Whoever has one of these has begun to work here.
_WORK: Final = (
    "harvest_clients",
    "harvest_projects",
    "harvest_invoices",
    "harvest_estimates",
    "harvest_roles",
)
_COUNTERS: Final = tuple(
    sorted(
        {each.counter for each in RESOURCES if each.counter}
        | {each.child.counter for each in RESOURCES if each.child and each.child.counter}
    )
)
_TEXT_LENGTH_MAX: Final = 255


class _Named(msgspec.Struct):
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a source says of itself: its company, whose token it is, and how many there are of each kind that has one list.

    A kind that it does not give is not in `totals`.
    """

    company: CompanyRecord
    me: UserRecord
    totals: Mapping[str, int]
    id_max: int


async def look(source: Source) -> Seen:
    """Ask the source. Raises `Abandon` unless an administrator's token opens it."""
    try:
        company_ = msgspec.json.decode(await source.one("/v2/company"), type=CompanyRecord)
        me = msgspec.json.decode(await source.one("/v2/users/me"), type=UserRecord)
    except NotGiven as refusal:
        raise Abandon(
            f"The source answered {refusal.status}; is this an address of Harvest's API, and the account right?"
        ) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Abandon(f"The source does not answer as Harvest does: {str(error)[:200]}") from None
    if AccessRole.ADMINISTRATOR not in me.access_roles:
        raise Abandon("The token is not an administrator's, so much of the account would be missing.")
    totals: dict[str, int] = {}
    id_max = me.id
    for resource in RESOURCES:
        if resource.of is not None:
            continue
        try:
            page = await source.page(resource.path, resource.list_key, {"per_page": "1"})
        except NotGiven as refusal:
            if resource.is_optional:
                continue
            raise Abandon(f"The source answered {refusal.status} to {resource.path}.") from None
        totals[resource.name] = min(max(page.total or 0, 0), ID_MAX)
        id_max = max([id_max, *(each for each in map(_id, page.records) if each <= ID_MAX)])
    return Seen(company=company_, me=me, totals=totals, id_max=id_max)


def is_fresh(call: Call) -> bool:
    """Whether nobody has begun to work in the account."""
    here = company.of(call)
    is_alone = rows_store.count(call.tx, "harvest_users", call.account_id) <= 1
    touched = rows_store.has_touched(call.tx, call.account_id, micros(here.created_at))
    return is_alone and not touched and not rows_store.has_any(call.tx, _WORK, call.account_id)


def begin(call: Call, each: Import, seen: Seen, source: Source) -> int:
    """Make the account ready and note that the copying begins; above which ids our own go on.

    A fresh account loses what it began with. Counters go above everything of the source at once, so that what is made here
    meanwhile never has an id that the source has too.
    """
    assert source.time is not None
    earlier = store.latest_of(call.tx, call.account_id, each.source_url, each.source_account, is_done=False)
    if earlier is not None and earlier.floor is not None:
        floor = earlier.floor
    else:
        floor = _floor(call.tx, call.account_id, seen.id_max)
        if is_fresh(call):
            rows_store.remove_seeds(call.tx, call.account_id, micros(company.of(call).created_at))
    for counter in _COUNTERS:
        raise_serial(call.tx, call.account_id, counter, floor)
    if earlier is None:
        was = company.of(call)
        rows_store.set_company(call.tx, call.account_id, company_values(seen))
        tell(call, "company.updated", was.number, before=was, after=company.of(call))
    store.begin(call.tx, call.account_id, each.id, floor=floor, source_time=source.time)
    return floor


def company_values(seen: Seen) -> dict[str, object]:
    """What a company takes over: what its people see. What it does not know stays."""
    told = seen.company
    values: dict[str, object] = {
        "name": told.name[:_TEXT_LENGTH_MAX],
        "wants_timestamp_timers": int(told.wants_timestamp_timers),
        "expense_feature": int(told.expense_feature),
        "invoice_feature": int(told.invoice_feature),
        "estimate_feature": int(told.estimate_feature),
        "team_feature": int(told.team_feature),
        "approval_feature": int(told.approval_feature),
    }
    for name, known in (("week_start_day", WEEK_START_DAYS), ("date_format", DATE_FORMATS), ("clock", CLOCKS)):
        if getattr(told, name) in known:
            values[name] = getattr(told, name)
    for name in (
        "time_format",
        "currency_code_display",
        "currency_symbol_display",
        "decimal_symbol",
        "thousands_separator",
        "color_scheme",
    ):
        if (text := getattr(told, name)) and len(text) <= 40 and text.isprintable():
            values[name] = text
    if told.weekly_capacity is not None and 0 <= told.weekly_capacity <= WEEKLY_CAPACITY_S_MAX:
        values["weekly_capacity_s"] = told.weekly_capacity
    for name, read, text in (
        ("currency", known_currency, told.currency),
        ("timezone", known_zone, seen.me.timezone),
    ):
        try:
            values |= {name: read(text)} if text else {}
        except Invalid:
            continue
    return values


def _floor(tx: Tx, account_id: str, id_max: int) -> int:
    own = rows_store.counter_values(tx, account_id, _COUNTERS)
    floor = (max([id_max, *own.values()]) // FLOOR_STEP + 1) * FLOOR_STEP
    if floor > ID_MAX - FLOOR_STEP:
        raise Abandon(f"The source has ids up to {id_max}; above, no room is left for others.")
    return floor


def _id(raw: msgspec.Raw) -> int:
    try:
        return msgspec.json.decode(raw, type=_Named).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return 0
