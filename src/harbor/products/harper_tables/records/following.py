"""What a follower of a table is told, and where it stands. Asked anew for each look: who may no longer read is told no more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from harbor.kernel.bounds import KIB
from harbor.kernel.call import Call
from harbor.kernel.errors import Gone, Missing
from harbor.products.harper_tables.records import audit, feed_store
from harbor.products.harper_tables.records.audit_store import Change
from harbor.products.harper_tables.records.feed_store import Place
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.rights import user_of

LOOK_MAX = 16
# Of changes as they are kept. What is compressed may be some hundred times as much.
_SHORT_BYTES, _LONG_BYTES = 16 * KIB, 128 * KIB
_SEEN_MAX = 1_000
_ID = re.compile(r"(\d{1,19})-(\d{1,19})")
_US = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """Who follows a table, and from where. `since` are microseconds; what is older is not told."""

    owner: str
    database: str
    table: str
    table_id: int
    place: Place
    since: int | None = None
    # Changes that had come before the following began, but lie beyond what was settled then.
    seen: frozenset[Place] = frozenset()


@dataclass(frozen=True, slots=True)
class News:
    """One change as it is told."""

    place: Place
    operation: str
    data: dict[str, Any] | None


def begin(call: Call, database: str, name: str, *, since_ms: float | None, last_id: str | None, owner: str) -> Follower:
    """A follower behind the change `last_id`, from a moment on, or from now.

    Raises `Missing` or the 403 of roles, `Invalid` for an id that is none, and `Gone` if the change it names is forgotten:
    those that followed it may be too.
    """
    table = audit.table_of(call, database, name)
    since, seen = None, frozenset[Place]()
    if last_id is not None:
        place = _read(last_id)
        if place != Place() and not feed_store.is_there(call.tx, table.id, place):
            raise Gone(
                f"The change {last_id} of '{table.full_name}' is no longer kept: read the table anew, and follow it from now.",
                code="changes_forgotten",
                field="Last-Event-ID",
            )
    elif since_ms is not None:
        since = round(since_ms * _US)
        place = feed_store.start(call.tx, table.id, since)
    else:
        place, seen = feed_store.end(call.tx, table.id), feed_store.unsettled(call.tx, table.id, _SEEN_MAX)
    return Follower(owner=owner, database=database, table=name, table_id=table.id, place=place, since=since, seen=seen)


def look(call: Call, who: Follower, place: Place, *, is_short: bool = False) -> list[News] | None:
    """The next changes behind a place, at most `LOOK_MAX`; `News` without data are passed over.

    A short look takes no time to speak of: it gives None where the next change is large. Raises what a search of the table
    is refused with.
    """
    table = audit.table_of(call, who.database, who.table)
    if table.id != who.table_id:
        raise Missing(f"Table '{table.full_name}' is another one than before", code="table_missing")
    bytes_max = _SHORT_BYTES if is_short else _LONG_BYTES
    if is_short and feed_store.next_size(call.tx, table.id, place, since=who.since) > bytes_max:
        return None
    found = feed_store.after(call.tx, table.id, place, since=who.since, limit=LOOK_MAX, bytes_max=bytes_max)
    return [
        News(at, each.operation, None if at in who.seen else _told(call, who, audit.shown(call, table, each)))
        for at, each in found
    ]


def id_of(place: Place) -> str:
    """How a place is written in an event stream."""
    return f"{place.number}-{place.position}"


def _read(text: str) -> Place:
    found = _ID.fullmatch(text)
    if found is None:
        raise invalid("Last-Event-ID is none that was given out here.", code="invalid_event_id", field="Last-Event-ID")
    return Place(int(found[1]), int(found[2]))


def _told(call: Call, who: Follower, change: Change) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operation": change.operation,
        "database": who.database,
        "table": who.table,
        "txn_time": change.position / _US,
        "ids": change.ids,
    }
    if change.records is not None:
        told["records"] = change.records
    # Who did it is in the audit log, which is for super users.
    return {**told, "user_name": change.user} if user_of(call).rights.is_super_user else told
