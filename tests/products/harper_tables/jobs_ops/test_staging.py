"""Large texts on their way into the store, and what is left when nothing came of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

import pytest
from tests.products.harper_tables.access.conftest import library, on_article
from tests.products.harper_tables.conftest import Instance
from tests.products.harper_tables.jobs_ops.conftest import AUTHOR, finished

from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.jobs_ops import csv_reading, inputs, staging, store

ROWS = 700
LARGE = "id,text\n" + "".join(f"{number},{'x' * 200}\n" for number in range(ROWS))


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Steps and cells that are large at a fiftieth of the size."""
    monkeypatch.setattr(staging, "STEP_BYTES", 60_000)
    monkeypatch.setattr(staging, "_PART_BYTES", 15_000)
    before = csv.field_size_limit(50_000)
    monkeypatch.setattr(csv_reading, "RECORD_BYTES_MAX", 50_000)
    yield
    csv.field_size_limit(before)


async def left(instance: Instance) -> tuple[int, int]:
    """How many parts, and how many notes of inputs, lie in the store."""

    def count(tx: Tx) -> tuple[int, int]:
        parts, notes = (tx.rows(f"SELECT job_id FROM {name}") for name in ("harper_load_parts", "harper_job_inputs"))
        return len(parts), len(notes)

    return await instance.house.database.read(count)


@pytest.mark.usefixtures("dying")
async def test_a_large_text_goes_into_the_store_in_steps_and_is_loaded_once(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await instance.table("author")
    steps: list[int] = []
    whole = store.insert_parts

    def insert(tx: Tx, account_id: str, job_id: str, first: int, parts: Any) -> None:
        steps.append(sum(len(cell) for part in parts for cells in part for cell in cells))
        whole(tx, account_id, job_id, first, parts)

    monkeypatch.setattr(store, "insert_parts", insert)

    started = await instance.do("csv_data_load", **AUTHOR, data=LARGE)
    (job,) = await instance.do("get_job", id=started["job_id"])
    waiting = await left(instance)
    job = await finished(instance, started)

    assert len(steps) == 3
    assert max(steps) < 2 * staging.STEP_BYTES
    assert waiting[0] > 3
    assert job["message"] == f"successfully loaded {ROWS} of {ROWS} records"
    assert (await instance.do("describe_table", **AUTHOR))["record_count"] == ROWS
    assert await left(instance) == (0, 0)


async def test_nothing_of_a_text_that_is_refused_goes_into_the_store(one_engine: Instance) -> None:
    await library(one_engine)
    tor = await one_engine.user("tor", on_article("read", "insert", attributes={"title": "read insert"}))
    article = {"database": "press", "table": "article"}

    missing = await tor.refused("csv_data_load", database="press", table="none", data=LARGE)
    before = await left(one_engine)
    denied = await finished(tor, await tor.do("csv_data_load", **article, data=LARGE))
    broken = await finished(
        one_engine, await one_engine.do("csv_data_load", **article, data=LARGE + '"' + "x" * 51_000)
    )

    assert (missing, before) == ((400, "Table 'press.none' does not exist"), (0, 0))
    assert denied["message"]["invalid_schema_items"] == ["Attribute 'text' does not exist on 'press.article'"]
    assert broken["message"] == "The CSV has a row of more than 50000 bytes."
    assert await left(one_engine) == (0, 0)


async def test_what_no_open_job_wants_is_removed_after_an_hour(instance: Instance) -> None:
    await instance.table("author")
    account, house = instance.organization.production.id, instance.house
    waiting = await instance.do("csv_data_load", **AUTHOR, data="id\n1\n")

    def leave(tx: Tx) -> None:
        for job_id in ("never-begun", "ended"):
            store.insert_input(tx, account, job_id, "sealed")
            store.insert_parts(tx, account, job_id, 0, [[["1"]]] * 30)

    await house.database.write(leave)
    await house.database.write(lambda tx: tx.run("UPDATE jobs SET due_at = due_at + 7200000000"))

    async def tidied() -> tuple[int, int]:
        def enqueue(call: Any) -> None:
            call.tx.run("DELETE FROM jobs WHERE kind = :kind", kind=inputs.TIDY)
            inputs.queue.enqueue(call.tx, account, inputs.TIDY, {}, job_id=call.new_id("job_"))

        await house.write(instance.organization.production, enqueue)
        await house.worker.run_due(house.clock.now())
        return await left(instance)

    at_once = await tidied()
    house.clock.advance(3_601)
    later = await tidied()
    house.clock.advance(7_200)

    assert at_once == (61, 3)
    assert later == (1, 1)
    assert (await finished(instance, waiting))["message"] == "successfully loaded 1 of 1 records"
