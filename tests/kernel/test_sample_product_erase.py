"""Erasing: after it a person's content is in no table and, once the log is written back, in no byte of the files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.factories import make_webhook
from tests.guard_plugin import units_of_work_stay_inside
from tests.kernel.sample_product.desk import Desk, open_desk
from tests.receiver import Answer

from harbor.kernel.clock import ManualClock
from harbor.kernel.pages import ALWAYS, PageRequest
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.model import Attempt

__all__ = ["units_of_work_stay_inside"]

MARKER = "Rumpelstiltskin"
PERSON: dict[str, object] = {"recipient": MARKER, "email": f"{MARKER}@example.com", "note": f"for {MARKER}"}
KEY = {"Idempotency-Key": "once"}


@pytest.fixture
async def desk(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Desk]:
    """A desk, its clerk, and a receiver for its news that answers with what it got."""
    async with open_desk(database, clock, tmp_path) as opened:
        opened.receiver.otherwise = Answer(status=500, body=None)
        yield opened


async def test_after_erase_nothing_of_a_person_is_in_a_table_or_in_a_file(desk: Desk) -> None:
    await desk.hook()
    parcel = await _a_parcel_that_everybody_heard_of(desk)
    before = await desk.house.database.read(_where_the_marker_is)

    await _erase(desk, parcel)

    assert {"desk_parcels.note", "mails.text", "snapshots.body", "deliveries.body", "audit.after"} <= set(before)
    assert "attempts.response_body" in before
    assert await desk.house.database.read(_where_the_marker_is) == []
    assert await _files_with_the_marker(desk.house.database) == []


async def test_what_was_not_erased_stays(desk: Desk) -> None:
    await desk.hook()
    erased, kept = await desk.take_in(label="E"), await desk.take_in(label="K", **PERSON)

    await _erase(desk, erased["id"])

    assert (await desk.client.request("GET", f"/parcels/{kept['id']}")).json() == kept
    assert "snapshots.body" in await desk.house.database.read(_where_the_marker_is)


async def test_what_waits_for_an_erased_parcel_is_not_sent(desk: Desk) -> None:
    hook = await desk.hook()
    parcel = await desk.take_in(**PERSON)

    await _erase(desk, parcel["id"])

    assert all(MARKER.encode() not in got.body for got in desk.receiver.got)
    assert (None, "withdrawn") in await desk.in_words(hook)


async def test_a_reply_that_was_kept_for_a_key_is_erased_with_the_person(desk: Desk) -> None:
    body = {"label": "R1", **PERSON}
    parcel = (await desk.client.request("POST", "/parcels", body, headers=KEY)).json()

    await _erase(desk, parcel["id"])
    again = await desk.client.request("POST", "/parcels", body, headers=KEY)

    assert "idempotent-replayed" not in again.headers
    assert again.json()["id"] != parcel["id"]


async def test_a_reply_of_a_journey_is_erased_with_the_person(desk: Desk) -> None:
    parcel = await desk.take_in(**PERSON)
    await desk.client.request("POST", f"/parcels/{parcel['id']}/announce", headers=KEY)

    await _erase(desk, parcel["id"])

    assert await _rows(desk, "idempotency") == 0


async def test_answers_to_other_views_that_keep_no_snapshot_are_erased_too(desk: Desk) -> None:
    await desk.house.write(
        desk.organization.sandbox,
        lambda call: make_webhook(call, view="plain", url=desk.receiver.url(), events=("harper.parcel.*",)),
    )
    desk.receiver.otherwise = Answer(status=500, body=f"sorry, {MARKER}".encode())
    parcel = await desk.take_in(**PERSON)
    await desk.house.settle()
    assert "attempts.response_body" in await desk.house.database.read(_where_the_marker_is)

    await _erase(desk, parcel["id"], settles=False)

    assert await desk.house.database.read(_where_the_marker_is) == []


async def test_an_answer_that_comes_after_the_erasure_is_not_kept(desk: Desk) -> None:
    await desk.hook()
    hold = asyncio.Event()
    desk.receiver.answers.append(Answer(status=500, body=None, hold=hold))
    parcel = await desk.take_in(**PERSON)
    sending = asyncio.create_task(desk.house.dispatcher.run_due())
    await desk.receiver.until(lambda receiver: bool(receiver.got))

    await _erase(desk, parcel["id"], settles=False)
    hold.set()
    await sending

    assert await _rows(desk, "attempts") >= 1
    assert await desk.house.database.read(_where_the_marker_is) == []


async def test_refused_requests_leave_no_words_of_a_person_in_the_log(desk: Desk) -> None:
    parcel = await desk.take_in(**PERSON)
    refused = await desk.client.request("PATCH", f"/parcels/{parcel['id']}", {"note": MARKER})
    assert refused.status == 422

    await _erase(desk, parcel["id"])

    assert await _rows(desk, "request_logs") >= 2
    assert await desk.house.database.read(_where_the_marker_is) == []


async def test_the_attempts_of_an_erased_parcel_can_still_be_read(desk: Desk) -> None:
    await desk.hook()
    parcel = await _a_parcel_that_everybody_heard_of(desk)
    account_id = desk.organization.sandbox.id

    await _erase(desk, parcel)

    def look(tx: Tx) -> list[Attempt]:
        rows = tx.rows(
            "SELECT DISTINCT delivery_id FROM attempts WHERE account_id = :account_id", account_id=account_id
        )
        page = PageRequest(limit=10)
        pages = [deliveries.attempts_of(tx, account_id, row["delivery_id"], page, span=ALWAYS) for row in rows]
        return [attempt for page in pages for attempt in page.items]

    found = await desk.house.database.read(look)
    assert [(attempt.response_status, attempt.response_headers, attempt.response_body) for attempt in found] == [
        (500, {}, None)
    ]


async def _a_parcel_that_everybody_heard_of(desk: Desk) -> int:
    """Its number; a mail, two events, a delivery that failed and its answer tell of it."""
    made = await desk.client.request("POST", "/parcels", {"label": "R1", **PERSON}, headers=KEY)
    parcel_id: int = made.json()["id"]
    await desk.client.request("PATCH", f"/parcels/{parcel_id}", {"recipient": MARKER, "note": MARKER})
    await desk.house.settle()
    return parcel_id


async def _erase(desk: Desk, parcel_id: int, *, settles: bool = True) -> None:
    reply = await desk.client.request("DELETE", f"/parcels/{parcel_id}")
    assert reply.status == 204, reply.body
    await desk.house.write_behind.flush()
    if settles:
        await desk.house.settle()


async def _rows(desk: Desk, table: str) -> int:
    row = await desk.house.database.read(lambda tx: tx.row(f"SELECT count(*) AS n FROM {table}"))
    assert row is not None
    return int(row["n"])


def _where_the_marker_is(tx: Tx) -> list[str]:
    """Every `table.column` of the database that holds the marker."""
    if tx.engine == "sqlite":
        columns = """
            SELECT t.name AS tab, c.name AS col FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'
        """
        position = "instr"
    else:
        columns = """
            SELECT table_name AS tab, column_name AS col FROM information_schema.columns WHERE table_schema = 'public'
        """
        position = "strpos"
    return [
        f"{row['tab']}.{row['col']}"
        for row in tx.rows(columns)
        if tx.row(
            f'SELECT 1 AS one FROM "{row["tab"]}" WHERE {position}(lower(CAST("{row["col"]}" AS TEXT)), :marker) > 0 LIMIT 1',
            marker=MARKER.lower(),
        )
    ]


async def _files_with_the_marker(database: Database) -> list[str]:
    if not isinstance(database, SqliteDatabase):
        return []  # PostgreSQL promises nothing of its files
    await database.checkpoint()
    files = await asyncio.to_thread(
        lambda: {path: path.read_bytes() for path in database.path.parent.glob("harbor.db*")}
    )
    assert database.path in files
    return [path.name for path, content in files.items() if MARKER.encode() in content]
