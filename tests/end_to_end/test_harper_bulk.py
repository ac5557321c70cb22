"""kill -9 in the middle of bulk work: the jobs go on, nothing is loaded or counted twice, and no half of a file is there."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from tests.end_to_end.server import Installation, Server
from tests.end_to_end.test_harper import credentials, operate

ROWS = 8_000
TABLE = {"database": "bulk", "table": "author"}
CONDITION = {"attribute": "born", "comparator": "equals", "value": 1974}
EXPLAIN = "EXPLAIN SELECT id FROM bulk.author WHERE born = 1974"


class Life:
    """A server that is killed and started again."""

    def __init__(self, installation: Installation) -> None:
        self.headers = credentials(installation)
        self.server = Server.start(installation)

    async def do(self, operation: str, **fields: Any) -> Any:
        """The body of an operation that succeeds."""
        status, body = await operate(f"{self.server.url}/harper", self.headers, operation, **fields)
        assert status == 200, body
        return body

    async def reborn(self) -> None:
        """Kill it where it stands and start another one."""
        await asyncio.to_thread(self.server.kill)
        self.server = await asyncio.to_thread(Server.start, self.server.installation)

    async def until(self, job_id: str, is_so: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The job as soon as it is so."""
        async with asyncio.timeout(60):
            while True:
                (job,) = await self.do("get_job", id=job_id)
                if is_so(job):
                    return dict(job)
                await asyncio.sleep(0.01)


def has_ended(job: dict[str, Any]) -> bool:
    """Whether it has."""
    return job["status"] in ("COMPLETE", "ERROR")


@pytest.mark.slow
async def test_kill_9_in_the_middle_of_bulk_work_loses_nothing_and_does_nothing_twice(
    installation: Installation,
) -> None:
    (installation.data / "imports").mkdir()
    rows = "".join(f"{number},Name {number},{1_950 + number % 50}\n" for number in range(ROWS))
    (installation.data / "imports" / "author.csv").write_text("id,name,born\n" + rows)
    life = Life(installation)
    try:
        attributes = [{"name": "id", "type": "Int", "is_primary_key": True}, {"name": "name"}]
        await life.do("create_table", **TABLE, attributes=attributes)

        load = (await life.do("csv_file_load", **TABLE, file_path="author.csv"))["job_id"]
        for _ in range(2):
            before = await life.until(load, lambda job: has_ended(job) or job.get("progress", {}).get("done"))
            await life.reborn()
            (after,) = await life.do("get_job", id=load)
            assert has_ended(after) or after["progress"]["done"] >= before["progress"]["done"] > 0
        loaded = await life.until(load, has_ended)

        await life.do("create_attribute", **TABLE, attribute="born")
        export = await life.do("export_local", format="json", path=".", filename="all", search_operation={
            "operation": "sql", "sql": "SELECT id, name, born FROM bulk.author"
        })  # fmt: skip
        await life.reborn()
        while_filling = await life.do("search_by_conditions", **TABLE, conditions=[CONDITION], get_attributes=["id"])
        exported = await life.until(export["job_id"], has_ended)
        async with asyncio.timeout(60):
            while (await life.do("sql", sql=EXPLAIN))[0]["by"] != "index of born":
                await asyncio.sleep(0.01)
        indexed = await life.do("search_by_conditions", **TABLE, conditions=[CONDITION], get_attributes=["id"])
        counted = await life.do("sql", sql="SELECT COUNT(*) AS n, COUNT(DISTINCT id) AS ids FROM bulk.author")
    finally:
        code = await asyncio.to_thread(life.server.terminate)

    assert code == 0, life.server.log
    assert (loaded["status"], loaded["message"]) == ("COMPLETE", f"successfully loaded {ROWS} of {ROWS} records")
    assert counted == [{"n": ROWS, "ids": ROWS}]
    for found in (while_filling, indexed):
        assert sorted(row["id"] for row in found) == list(range(24, ROWS, 50))
    assert exported["result"]["records"] == ROWS
    assert os.listdir(installation.data / "exports") == ["all.json"]
    assert [row["id"] for row in json.loads((installation.data / "exports" / "all.json").read_text())] == list(
        range(ROWS)
    )
