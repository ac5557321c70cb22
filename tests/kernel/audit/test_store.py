"""The audit: who did what to which subject, found and listed by account, blanked by subject."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from harbor.kernel.audit import store
from harbor.kernel.audit.store import Entry
from harbor.kernel.clock import ManualClock, micros
from harbor.kernel.ids import encode
from harbor.kernel.pages import PageRequest, Span
from harbor.kernel.storage.database import Database

ALL = PageRequest(limit=100)


def id_of(number: int) -> str:
    return "aud_" + encode(number)


async def act(database: Database, number: int, account_id: str = "acc_1", **changes: Any) -> None:
    """One act."""
    values: dict[str, Any] = {
        "id_": id_of(number),
        "workspace_id": "ws_1",
        "product": "harvest",
        "action": "harvest.client.created",
        "subject": "7",
        "actor": "key_1",
        "request_id": "req_1",
        "event_id": f"evt_{number}",
        "before": None,
        "after": '{"name":"Ada"}',
    }
    await database.write(lambda tx: store.insert(tx, account_id, **{**values, **changes}))


async def listed(
    database: Database, page: PageRequest = ALL, accounts: tuple[str, ...] = ("acc_1",), **more: Any
) -> list[Entry]:
    found = await database.read(lambda tx: store.by_id(tx, list(accounts), page, **more))
    return list(found.items)


async def numbers(database: Database, *arguments: Any, **more: Any) -> list[int]:
    return [int((entry.event_id or "evt_0")[4:]) for entry in await listed(database, *arguments, **more)]


async def test_an_act_is_kept_as_it_was(database: Database, clock: ManualClock) -> None:
    await act(database, 1, before='{"name":"A"}')

    assert await listed(database) == [
        Entry(
            id=id_of(1),
            account_id="acc_1",
            workspace_id="ws_1",
            product="harvest",
            action="harvest.client.created",
            subject="7",
            actor="key_1",
            request_id="req_1",
            event_id="evt_1",
            before='{"name":"A"}',
            after='{"name":"Ada"}',
            created_at=clock.now(),
        )
    ]


async def test_a_list_goes_by_id_in_pages_over_some_accounts(database: Database) -> None:
    for number in (2, 1, 3):
        await act(database, number)
    await act(database, 4, "acc_2")

    assert await numbers(database) == [3, 2, 1]
    assert await numbers(database, accounts=("acc_1", "acc_2")) == [4, 3, 2, 1]
    assert await numbers(database, accounts=()) == []
    assert await numbers(database, PageRequest(limit=1, after=id_of(3))) == [2]
    assert await numbers(database, span=Span(ascending=True)) == [1, 2, 3]
    assert (await database.read(lambda tx: store.by_id(tx, ["acc_1"], PageRequest(limit=2)))).more


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"action": "harvest.client.deleted"}, [2]),
        ({"actor": "key_2"}, [3]),
        ({"subject": "8"}, [4]),
        ({"subject": "7", "actor": "key_1"}, [2, 1]),
    ],
)
async def test_a_list_is_narrowed_by_what_is_asked(
    database: Database, filters: dict[str, str], expected: list[int]
) -> None:
    await act(database, 1)
    await act(database, 2, action="harvest.client.deleted")
    await act(database, 3, actor="key_2")
    await act(database, 4, subject="8")

    assert await numbers(database, **filters) == expected


async def test_a_list_covers_the_time_that_is_asked_for(database: Database, clock: ManualClock) -> None:
    start = clock.now()
    for number in (1, 2, 3):
        await act(database, number)
        clock.advance(1)

    span = Span(since=micros(start + timedelta(seconds=1)), until=micros(start + timedelta(seconds=2)))
    assert await numbers(database, span=span) == [2]


async def test_whether_an_account_has_an_act_can_be_asked(database: Database) -> None:
    await act(database, 1)

    async def has(*accounts: str) -> bool:
        return await database.read(lambda tx: store.has(tx, list(accounts), id_of(1)))

    assert [await has("acc_1"), await has("acc_2", "acc_1"), await has("acc_2"), await has()] == [
        True,
        True,
        False,
        False,
    ]


async def test_what_was_changed_is_blanked_and_that_it_happened_stays(database: Database) -> None:
    await act(database, 1, before="{}")
    await act(database, 2, subject="8")
    await act(database, 3, product="harper")
    await act(database, 4, "acc_2")

    assert await database.write(lambda tx: store.blank(tx, "acc_1", "harvest", "7")) == 1

    left = await listed(database, accounts=("acc_1", "acc_2"))
    assert [(entry.before, entry.after) for entry in left] == [(None, '{"name":"Ada"}')] * 3 + [(None, None)]
    assert left[-1].action == "harvest.client.created"


async def test_the_events_about_a_subject_are_known(database: Database) -> None:
    await act(database, 1)
    await act(database, 2, event_id=None)
    await act(database, 3, subject="8")
    await act(database, 4)

    found = await database.read(lambda tx: store.events_about(tx, "acc_1", "harvest", "7"))

    assert sorted(found) == ["evt_1", "evt_4"]
