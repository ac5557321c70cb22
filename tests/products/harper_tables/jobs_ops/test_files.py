"""Loads from files of the machine: what is read, what never is, and what a process that dies leaves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.products.harper_tables.access.conftest import library, on_article
from tests.products.harper_tables.conftest import Instance, open_instance
from tests.products.harper_tables.jobs_ops.conftest import AUTHOR, Outside, finished

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.products.harper_tables.jobs_ops.folders import Folder, open_file
from harbor.products.harper_tables.jobs_ops.folders import Outside as LeadsOut
from harbor.products.harper_tables.jobs_ops.sources import FileSource, Unusable

MANY = "id,name\n" + "".join(f"{number},Name {number}\n" for number in range(1, 1_203))


@pytest.mark.usefixtures("dying")
async def test_a_file_is_loaded_once_however_often_the_process_dies(reaching: Instance, outside: Outside) -> None:
    await reaching.table("author", records=[{"id": 7, "name": "Old"}])
    outside.file("author.csv", MANY)

    job = await finished(reaching, await reaching.do("csv_file_load", **AUTHOR, file_path="author.csv"))

    assert (job["type"], job["status"]) == ("csv_file_load", "COMPLETE")
    assert job["message"] == "successfully loaded 1201 of 1202 records"
    assert job["result"] == {
        "loaded": 1_201, "skipped": 1, "reasons": ["row 7: a record has its primary key already"]
    }  # fmt: skip
    assert (await reaching.do("describe_table", **AUTHOR))["record_count"] == 1_202
    (event,) = await reaching.house.database.read(
        lambda tx: tx.rows("SELECT payload FROM events WHERE type = 'harper.records.loaded'")
    )
    assert '"loaded":1201' in event["payload"]


async def test_rows_that_cannot_be_say_why(reaching: Instance, outside: Outside) -> None:
    await reaching.table("author")
    outside.file("author.csv", f"id,n\n1,a\n{'x' * 2_000},b\n1,c\n3,d\n4,\0\n")

    loaded = await finished(reaching, await reaching.do("csv_file_load", **AUTHOR, file_path="author.csv"))
    updated = await finished(
        reaching, await reaching.do("csv_file_load", **AUTHOR, file_path="author.csv", action="update")
    )

    assert loaded["message"] == "successfully loaded 2 of 5 records"
    assert loaded["result"]["reasons"] == [
        "row 5: it contains the character U+0000, which cannot be kept",
        "row 2: The primary key has 2001 bytes; at most 1978 fit.",
        "row 3: a record has its primary key already",
    ]
    assert updated["message"] == "successfully loaded 3 of 5 records"
    assert updated["result"]["skipped"] == 2


async def test_a_file_that_is_no_sheet_is_the_jobs_trouble(one_reaching: Instance, outside: Outside) -> None:
    await one_reaching.table("author")

    for content, status, message in (
        (b"", "COMPLETE", "No records parsed from csv file."),
        (b"id,a/b\n1,x\n", "ERROR", "Invalid column name 'a/b', cancelling load operation"),
        (b"id,n\n1,\xff\n", "ERROR", "The CSV is not UTF-8."),
    ):
        outside.file("author.csv", content)
        job = await finished(one_reaching, await one_reaching.do("csv_file_load", **AUTHOR, file_path="author.csv"))

        assert (job["status"], job["message"]) == (status, message)


@pytest.mark.usefixtures("dying")
async def test_a_file_that_changes_or_goes_ends_its_load_and_what_was_loaded_is_told(
    one_reaching: Instance, outside: Outside
) -> None:
    await one_reaching.table("author")
    path = outside.file("author.csv", MANY)
    begun = await one_reaching.do("csv_file_load", **AUTHOR, file_path=str(path))
    await one_reaching.house.worker.run_due(one_reaching.house.clock.now())
    outside.file("author.csv", MANY + "1999,Late\n")
    changed = await finished(one_reaching, begun)
    begun = await one_reaching.do("csv_file_load", **AUTHOR, file_path="author.csv")
    path.unlink()
    gone = await finished(one_reaching, begun)

    assert (changed["status"], changed["message"]) == ("ERROR", "The file has changed since the load began.")
    assert changed["result"] == {"loaded": 500, "skipped": 0, "reasons": []}
    assert (gone["status"], gone["message"]) == ("ERROR", "The file is gone.")


def test_bytes_of_a_file_that_has_changed_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n")
    descriptor = open_file(Folder(tmp_path, "acc_1", is_operators=True), ("a.csv",))
    source = FileSource(descriptor)

    assert source.read(3, 10) == b"1\n"
    (tmp_path / "a.csv").write_text("id\n12\n")
    with pytest.raises(Unusable):
        source.read(3, 10)
    os.close(descriptor)


async def test_files_out_of_reach_are_not_there(one_reaching: Instance, outside: Outside, tmp_path: Path) -> None:
    await one_reaching.table("author")
    (tmp_path / "secret.csv").write_text("id\n1\n")
    outside.file("accounts/acc_other/theirs.csv", "id\n1\n")
    outside.file("closed.csv", "id\n1\n").chmod(0)
    (outside.imports / "link.csv").symlink_to(tmp_path / "secret.csv")
    (outside.imports / "out").symlink_to(tmp_path)
    os.mkfifo(outside.imports / "pipe.csv")

    for path in (
        "none.csv", "../secret.csv", str(tmp_path / "secret.csv"), "link.csv", "out/secret.csv", "pipe.csv", "", ".",
        "accounts/acc_other/theirs.csv", "/etc/passwd", "/dev/zero", "x" * 1_001, "author.csv/more",
    ):  # fmt: skip
        status, message = await one_reaching.refused("csv_file_load", **AUTHOR, file_path=path)
        assert status == 400, path
        assert message in ("'file_path' is not allowed to be empty", f"No such file or directory {path[:200]}"), path
    assert await one_reaching.refused("csv_file_load", **AUTHOR) == (400, "'file_path' is required")
    if os.geteuid():
        refused = await one_reaching.refused("csv_file_load", **AUTHOR, file_path="closed.csv")
        assert refused == (400, "Permission denied closed.csv")


async def test_each_organization_has_files_of_its_own(
    sqlite_database: SqliteDatabase, clock: ManualClock, tmp_path: Path, outside: Outside
) -> None:
    outside.file("author.csv", "id\n1\n")
    async with open_instance(sqlite_database, clock, tmp_path, means=outside.means) as instance:
        await instance.table("author")
        theirs = await instance.refused("csv_file_load", **AUTHOR, file_path="author.csv")
        account = instance.organization.production.id
        outside.file(f"accounts/{account}/author.csv", "id\n5\n6\n")
        job = await finished(instance, await instance.do("csv_file_load", **AUTHOR, file_path="author.csv"))

    assert theirs == (400, "No such file or directory author.csv")
    assert job["message"] == "successfully loaded 2 of 2 records"


async def test_who_may_not_write_to_a_table_learns_nothing_of_files(one_reaching: Instance, outside: Outside) -> None:
    await library(one_reaching)
    article = {"database": "press", "table": "article"}
    outside.file("article.csv", "id,title,fee\n8,Sand,3\n")
    tor = await one_reaching.user("tor", on_article("read", "insert", attributes={"title": "read insert"}))
    nora = await one_reaching.user("nora", on_article("read"))

    attribute = await finished(tor, await tor.do("csv_file_load", **article, file_path="article.csv"))
    flag = await finished(nora, await nora.do("csv_file_load", **article, file_path="none.csv"))

    assert attribute["status"] == flag["status"] == "ERROR"
    assert attribute["message"]["invalid_schema_items"] == ["Attribute 'fee' does not exist on 'press.article'"]
    assert flag["message"]["unauthorized_access"][0]["required_table_permissions"] == ["insert"]
    assert (await tor.refused("csv_file_load", **article, file_path="none.csv"))[0] == 400


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("a.csv", ("a.csv",)), ("./b//a.csv", ("b", "a.csv")), ("{root}/b/a.csv", ("b", "a.csv")), ("{root}", ()), ("", ()),
        ("{root}/../x", None), ("b/../a.csv", None), ("..", None), ("/a.csv", None), ("{root}x/a.csv", None), ("a\0", None),
        ("accounts/x", None), ("Accounts/x", ("Accounts", "x")),
    ],
)  # fmt: skip
def test_a_path_stays_in_its_folder(tmp_path: Path, path: str, parts: tuple[str, ...] | None) -> None:
    folder = Folder(tmp_path, "acc_1", is_operators=True)
    asked = path.replace("{root}", str(tmp_path))

    if parts is None:
        with pytest.raises(LeadsOut):
            folder.within(asked)
    else:
        assert folder.within(asked) == parts


def test_a_link_below_the_folder_is_not_followed_and_the_folder_may_be_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.csv").write_text("id\n")
    (tmp_path / "folder").symlink_to("real")
    folder = Folder(tmp_path / "folder", "acc_1", is_operators=True)
    os.close(open_file(folder, ("a.csv",)))
    (tmp_path / "real" / "in").symlink_to(".")

    for parts in (("in", "a.csv"), ("in",), (), ("none",)):
        with pytest.raises(OSError):
            open_file(folder, parts)
