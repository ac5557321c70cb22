"""The request log: written once per request, found and listed by account, purged by id."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from harbor.kernel.ids import encode
from harbor.kernel.pages import PageRequest, Span
from harbor.kernel.requestlog import store
from harbor.kernel.requestlog.store import Entry
from harbor.kernel.storage.database import Database

ENTRY = Entry(
    id="req_" + encode(1),
    account_id="acc_1",
    workspace_id="ws_1",
    credential_id="key_1",
    method="POST",
    path="/v1/events",
    route="events.create",
    status=400,
    duration_us=1_234,
    error_code="invalid",
    client="192.0.2.1",
    client_request_id="mine",
    request_body='{"é":1}',
    response_body="{}",
    created_at=1_000,
)
ALL = PageRequest(limit=100)


def entry(number: int, **changes: Any) -> Entry:
    """An entry with its own id and moment."""
    return msgspec.structs.replace(ENTRY, **{"id": "req_" + encode(number), "created_at": number * 1_000, **changes})


async def listed(database: Database, page: PageRequest = ALL, account_id: str = "acc_1", **more: Any) -> list[int]:
    """The numbers of the entries that a list shows."""
    found = await database.read(lambda tx: store.by_id(tx, account_id, page, **more))
    return [each.created_at // 1_000 for each in found.items]


async def test_an_entry_is_kept_as_it_is(database: Database) -> None:
    bare = entry(
        2,
        **dict.fromkeys(
            ("workspace_id", "credential_id", "error_code", "client_request_id", "request_body", "response_body")
        ),
    )
    await database.write(lambda tx: store.insert(tx, [ENTRY, bare]))

    for kept in (ENTRY, bare):
        assert await database.read(lambda tx, id=kept.id: store.find(tx, "acc_1", id)) == kept  # type: ignore[misc]
    assert await database.read(lambda tx: store.find(tx, "acc_2", ENTRY.id)) is None


async def test_a_request_that_was_written_stays_as_it_was(database: Database) -> None:
    await database.write(lambda tx: store.insert(tx, [ENTRY]))
    await database.write(lambda tx: store.insert(tx, [entry(1, status=200), entry(2)]))

    found = await database.read(lambda tx: store.find(tx, "acc_1", ENTRY.id))

    assert found is not None
    assert found.status == 400
    assert await listed(database) == [2, 1]


async def test_a_list_goes_by_id_in_pages(database: Database) -> None:
    await database.write(lambda tx: store.insert(tx, [entry(n) for n in (3, 1, 4, 2)] + [entry(9, account_id="acc_2")]))

    assert await listed(database) == [4, 3, 2, 1]
    assert await listed(database, span=Span(ascending=True)) == [1, 2, 3, 4]
    assert await listed(database, PageRequest(limit=2, after=entry(3).id)) == [2, 1]
    assert await listed(database, PageRequest(limit=1, after=entry(3).id), span=Span(ascending=True)) == [4]
    assert await listed(database, account_id="acc_2") == [9]


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ({"workspace_id": "ws_2"}, [2]),
        ({"status": 200}, [3]),
        ({"method": "GET"}, [4]),
        ({"credential_id": "key_2"}, [5]),
        ({"credential_id": "key_1", "status": 400, "method": "POST", "workspace_id": "ws_1"}, [1]),
        ({"span": Span(since=2_000, until=4_000)}, [3, 2]),
    ],
)
async def test_a_list_is_narrowed_by_what_is_asked(
    database: Database, filters: dict[str, Any], numbers: list[int]
) -> None:
    await database.write(
        lambda tx: store.insert(
            tx,
            [
                entry(1),
                entry(2, workspace_id="ws_2"),
                entry(3, status=200),
                entry(4, method="GET"),
                entry(5, credential_id="key_2"),
            ],
        )
    )

    assert await listed(database, **filters) == numbers


async def test_old_entries_are_purged_in_steps(database: Database) -> None:
    await database.write(lambda tx: store.insert(tx, [entry(n) for n in range(1, 7)] + [entry(1, account_id="acc_2")]))
    before = entry(5).id

    steps = [await database.write(lambda tx: store.purge_before(tx, "acc_1", before, 3)) for _ in range(3)]

    assert steps == [3, 1, 0]
    assert await listed(database) == [6, 5]
    assert await listed(database, account_id="acc_2") == [1]
