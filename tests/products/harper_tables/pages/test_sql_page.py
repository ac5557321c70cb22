"""The SQL editor."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from tests.products.harper_tables.pages.workshop import Workshop, page_of

from harbor.products.harper_tables.pages import acting, filtering, sql

_ALL = "SELECT id, name FROM data.dog WHERE age > 1 ORDER BY id"


async def test_a_statement_is_run_planned_and_kept_as_a_file(workshop: Workshop) -> None:
    await workshop.dogs()
    page = await workshop.page(f"sql?sql={quote(_ALL)}")
    ran = await workshop.post("sql", {"sql": _ALL, "act": "run"})
    planned = await workshop.post("sql", {"sql": _ALL, "act": "plan"})
    none = await workshop.post("sql", {"sql": "SELECT * FROM data.dog WHERE age > 99"})
    table = await workshop.owner.get(f"/sandbox/harper/sql/file?sql={quote(_ALL)}&form=csv")
    lines = await workshop.owner.get(f"/sandbox/harper/sql/file?sql={quote(_ALL)}&form=json")

    assert page.value_of("sql") == _ALL
    assert "2 rows in" in ran.text
    assert "1 Rex 2 Fido" in ran.text
    assert "index of age" in planned.text
    assert "No row meets this statement." in none.text
    assert table.body.decode() == "id,name\n1,Rex\n2,Fido\n"
    assert lines.json() == [{"id": 1, "name": "Rex"}, {"id": 2, "name": "Fido"}]


async def test_files_are_found_on_a_thread(on_sqlite: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    await on_sqlite.dogs()
    threads: list[bool] = []

    def noting(work: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*given: Any, **named: Any) -> Any:
            threads.append(threading.current_thread() is threading.main_thread())
            return work(*given, **named)

        return noted

    # A statement may take ten seconds without asking the store.
    monkeypatch.setattr(sql, "ask", noting(acting.ask))
    monkeypatch.setattr(filtering, "find", noting(filtering.find))
    await on_sqlite.owner.get(f"/sandbox/harper/sql/file?sql={quote(_ALL)}&form=csv")
    await on_sqlite.owner.get("/sandbox/harper/databases/data/tables/dog/records/file?form=csv")

    assert threads == [False, False], "none of them on the event loop"


async def test_a_change_is_asked_about_and_run_once(workshop: Workshop) -> None:
    await workshop.dogs()
    change = {"sql": "UPDATE data.dog SET age = 9 WHERE id = 1"}
    asked = await workshop.post("sql", change)
    before = await workshop.post("sql", {"sql": "SELECT age FROM data.dog WHERE id = 1"})
    done = await workshop.post("sql/change", change)
    after = await workshop.post("sql", {"sql": "SELECT age FROM data.dog WHERE id = 1"})

    assert "Nothing has been changed yet." in asked.text
    assert '<td class="value"><code>3</code></td>' in before.main
    assert "updated 1 of 1 records" in done.text
    assert '<td class="value"><code>9</code></td>' in after.main
    await workshop.post("sql/change", {"sql": _ALL}, status=422)


async def test_what_cannot_be_run_is_told_at_the_statement(on_sqlite: Workshop) -> None:
    await on_sqlite.dogs()
    refused = {
        "": "Type a statement first.",
        "SELEC 1": "Invalid SQL at",
        "SELECT wings FROM data.dog": "unknown column 'wings'",
        "INSERT INTO data.dog (id, name) VALUES (5)": "There was a problem performing this insert.",
    }
    for statement, words in refused.items():
        path = "sql/change" if statement.startswith("INSERT") else "sql"
        found = (await on_sqlite.post(path, {"sql": statement}, status=422)).refusal
        assert found[1].startswith(words), found
    missing = await on_sqlite.post("sql", {"sql": "SELECT * FROM data.cat"}, status=404)
    file = await on_sqlite.owner.get(f"/sandbox/harper/sql/file?sql={quote('DELETE FROM data.dog')}")

    assert "cat" in missing.refusal[1]
    assert file.status == 422


async def test_administrators_read_other_products_too_and_members_neither_that_nor_write(on_sqlite: Workshop) -> None:
    await on_sqlite.dogs()
    other = {"sql": "SELECT name FROM harbor.workspaces"}
    owner = await on_sqlite.post("sql", other)
    member = on_sqlite.member
    foreign = await member.post("/sandbox/harper/sql", other)
    read = await member.post("/sandbox/harper/sql", {"sql": _ALL})
    change = await member.post("/sandbox/harper/sql", {"sql": "DELETE FROM data.dog"})
    forced = await member.post("/sandbox/harper/sql/change", {"sql": "DELETE FROM data.dog"})

    assert "name Default" in owner.text
    assert foreign.status in (403, 404)
    assert "Rex" in page_of(read).text
    assert (change.status, forced.status) == (403, 403)
    assert "3" in (await on_sqlite.page("databases")).text
