"""Exports to files: what is in them, what they cost, and that they are whole or not there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.products.harper_tables.access.conftest import on_article
from tests.products.harper_tables.conftest import Instance
from tests.products.harper_tables.jobs_ops.conftest import AUTHOR, Outside, finished

from harbor.products.harper_tables.jobs_ops import export_targets, exporting

ALL = {"operation": "search_by_value", **AUTHOR, "attribute": "id", "value": "*"}
RECORDS = [{"id": number, "name": f"Name {number}\r\n,", "born": 2000 - number % 50} for number in range(400)]


async def exported(instance: Instance, form: str = "json", path: str = ".", **search: Any) -> dict[str, Any]:
    """The job of an export that has run."""
    fields = {"format": form, "path": path, "filename": "authors", "search_operation": search or ALL}
    return await finished(instance, await instance.do("export_local", **fields))


async def result(instance: Instance, form: str = "json", **search: Any) -> Any:
    """What is in its file."""
    job = await exported(instance, form, **search)
    assert job["status"] == "COMPLETE", job
    content = Path(job["result"]["path"]).read_bytes()
    return json.loads(content) if form == "json" else content.decode()


@pytest.mark.usefixtures("dying")
async def test_an_export_is_whole_however_often_the_process_dies(
    reaching: Instance, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PART_BYTES", 8_000)
    monkeypatch.setattr(exporting, "_ROWS_FIRST", 100)
    monkeypatch.setattr(exporting, "_ROWS_MAX", 100)
    await reaching.table("author", records=RECORDS)
    synced: list[int] = []
    monkeypatch.setattr(export_targets.os, "fsync", lambda _file, whole=os.fsync: (synced.append(1), whole(_file)))

    job = await exported(reaching)

    assert job["message"] == f"Successfully completed job: {job['id']}"
    path = outside.exports / "authors.json"
    assert job["result"] == {"message": "Successfully exported JSON locally.", "path": str(path), "records": 400}
    found = json.loads(path.read_text())
    assert [{name: row[name] for name in ("id", "name", "born")} for row in found] == RECORDS
    assert len(synced) > 3
    assert os.listdir(outside.exports) == ["authors.json"]
    events = await reaching.house.database.read(
        lambda tx: tx.rows("SELECT payload FROM events WHERE type = 'harper.records.exported'")
    )
    assert [json.loads(event["payload"])["records"] for event in events] == [400]


async def test_each_search_is_exported_as_it_is_answered(reaching: Instance) -> None:
    await reaching.table("author", records=RECORDS)
    ordered = {
        "operation": "search_by_conditions",
        **AUTHOR,
        "get_attributes": ["id", "born"],
        "sort": {"attribute": "born"},
    }
    condition = {"attribute": "id", "comparator": "less_than", "value": 300}

    for search in (
        {"operation": "search_by_hash", **AUTHOR, "hash_values": [7, 5, 9_999], "get_attributes": ["name", "id"]},
        {"operation": "search_by_id", **AUTHOR, "ids": [1], "get_attributes": ["id"]},
        {**ALL, "get_attributes": ["*"]},
        {**ALL, "limit": 3, "offset": 397},
        {**ordered, "conditions": [condition]},
        {**ordered, "conditions": [condition], "limit": 200, "offset": 150},
        {"operation": "sql", "sql": "SELECT id, name FROM press.author WHERE born > 1990"},
        {"operation": "sql", "sql": "SELECT born, COUNT(*) AS n FROM press.author GROUP BY born ORDER BY born"},
        {"operation": "sql", "sql": "SELECT id FROM press.author ORDER BY born DESC, id LIMIT 5"},
    ):
        fields = {name: value for name, value in search.items() if name != "operation"}
        assert await result(reaching, **search) == await reaching.do(str(search["operation"]), **fields), search
    assert await result(reaching, **{**ALL, "value": "none"}) == []


async def test_csv_is_what_is_answered_to_who_asks_for_csv(one_reaching: Instance) -> None:
    await one_reaching.table("author", records=[{"id": 1, "name": 'a,"b"\r', "tags": [1]}, {"id": 2, "born": None}])

    answered = await one_reaching.client.request(
        "POST", "/", {**ALL, "get_attributes": ["*"]}, headers={"Accept": "text/csv"}
    )

    assert await result(one_reaching, "csv", **ALL) == answered.body.decode()
    chosen = await result(one_reaching, "csv", **ALL, get_attributes=["name", "id"])
    assert chosen == 'name,id\n"a,""b""\r","1"\n,2\n'
    assert await result(one_reaching, "csv", operation="sql", sql="SELECT id AS n FROM press.author") == "n\n1\n2\n"
    assert await result(one_reaching, "csv", **{**ALL, "value": "x"}, get_attributes=["id"]) == "id\n"


@pytest.mark.usefixtures("dying")
async def test_csv_of_a_declared_table_has_a_column_for_whatever_a_record_holds(
    one_reaching: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "_ROWS_FIRST", 16)
    monkeypatch.setattr(exporting, "_ROWS_MAX", 16)
    await one_reaching.table("author", attributes=[{"name": "id", "is_primary_key": True}, {"name": "name"}])
    records = [{"id": number, f"own{number}": number} for number in range(40)]
    await one_reaching.do("insert", **AUTHOR, records=records)

    lines = (await result(one_reaching, "csv", **ALL)).splitlines()
    few = (await result(one_reaching, "csv", **ALL, limit=2)).splitlines()

    assert lines[0] == "id," + ",".join(f"own{number}" for number in range(40))
    assert len(lines) == 41
    assert [line.split(",")[0] for line in few] == ["id", "0", "1"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"format": None}, "format missing"),
    ({"format": "xml"}, "format invalid. must be one of the following values: json, csv"),
    ({"format": 5}, "format invalid. must be one of the following values: json, csv"),
    ({"search_operation": None}, "search_operation.operation missing"),
    ({"search_operation": {}}, "search_operation.operation missing"),
    (
        {"search_operation": {"operation": "insert"}},
        "search_operation.operation must be one of the following values: search_by_value, search_by_hash, sql, "
        "search_by_conditions",
    ),
    ({"path": None}, "path is missing."),
    ({"path": "/etc"}, "path '/etc' does not exist"),
    ({"path": "../imports"}, "path '../imports' does not exist"),
    ({"path": "none"}, "path 'none' does not exist"),
    ({"path": "file"}, "path 'file' is not a directory, please supply a valid folder path"),
    ({"path": "link"}, "path 'link' is not a directory, please supply a valid folder path"),
    (
        {"filename": "../x"},
        "filename must be a name of 1 to 200 printable bytes, without / and without a dot before it",
    ),
    (
        {"filename": ".x"},
        "filename must be a name of 1 to 200 printable bytes, without / and without a dot before it",
    ),
    ({"search_operation": {**ALL, "table": "none"}}, "Table 'press.none' does not exist"),
    ({"search_operation": {**ALL, "limit": 0}}, "'limit' must be greater than or equal to 1"),
    ({"search_operation": {"operation": "sql", "sql": "DELETE FROM press.author"}}, "An export takes a SELECT."),
    ({"search_operation": {"operation": "sql"}}, "The 'sql' parameter is missing from the request body"),
]


async def test_what_is_wrong_is_the_jobs_message(one_reaching: Instance, outside: Outside) -> None:
    await one_reaching.table("author", records=[{"id": 1}])
    outside.exports.mkdir()
    (outside.exports / "file").write_text("")
    (outside.exports / "link").symlink_to(outside.imports)

    for change, message in WRONG:
        fields = {"format": "csv", "path": ".", "search_operation": ALL, **change}
        job = await finished(one_reaching, await one_reaching.do("export_local", **fields))

        assert (job["status"], job["message"]) == ("ERROR", message)
    assert sorted(os.listdir(outside.exports)) == ["file", "link"]


async def test_a_disk_that_is_full_leaves_the_file_of_before(
    one_reaching: Instance, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one_reaching.table("author", records=[{"id": 1}])
    await exported(one_reaching)
    before = (outside.exports / "authors.json").read_bytes()

    def full(_file: int, _content: Any) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(export_targets.os, "write", full)
        job = await exported(one_reaching)

    assert (job["status"], job["message"]) == ("ERROR", "The file cannot be written: No space left on device")
    assert os.listdir(outside.exports) == ["authors.json"]
    assert (outside.exports / "authors.json").read_bytes() == before


async def test_who_may_export_exports_what_they_may_read(one_reaching: Instance, outside: Outside) -> None:
    await one_reaching.table("article", records=[{"id": 1, "title": "Tides", "fee": 5}])
    search = {"operation": "search_by_value", "database": "press", "table": "article", "attribute": "id", "value": "*"}
    fields = {"format": "json", "path": "sub", "search_operation": search}
    (outside.exports / "sub").mkdir(parents=True)
    rights = on_article("read", attributes={"title": "read"})
    nora = await one_reaching.user("nora", rights)
    tor = await one_reaching.user("tor", {**rights, "operations": ["export_local", "search_by_value", "get_job"]})
    ida = await one_reaching.user("ida", {**rights, "operations": ["export_local", "get_job"]})

    refused = await nora.ask("export_local", **fields)
    job = await finished(tor, await tor.do("export_local", **fields))
    statement = {"operation": "sql", "sql": "SELECT fee FROM press.article"}
    other = await finished(tor, await tor.do("export_local", **{**fields, "search_operation": statement}))
    unlisted = await finished(ida, await ida.do("export_local", **fields))

    assert refused.status == 403
    assert refused.json()["unauthorized_access"] == ["Operation 'export_local' is restricted to 'super_user' roles"]
    found = json.loads(Path(job["result"]["path"]).read_text())
    assert [sorted(row) for row in found] == [["__createdtime__", "__updatedtime__", "id", "title"]]
    assert other["status"] == unlisted["status"] == "ERROR"
    assert "not permitted" in unlisted["message"]["unauthorized_access"][0]
    assert job["result"]["path"].startswith(str(outside.exports / "sub"))
