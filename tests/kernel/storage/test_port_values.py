"""Statements and values mean the same on every engine."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.kernel.storage.notes import INSERT, add, count

from harbor.kernel.errors import Invalid
from harbor.kernel.storage.database import Database, Row, Tx

# Statements


async def test_changed_rows_are_counted(notes: Database) -> None:
    await notes.write(lambda tx: [add(tx, id) for id in range(5)])

    assert await notes.write(lambda tx: tx.run("UPDATE notes SET size = 1 WHERE id >= :id", id=3)) == 2
    assert await notes.write(lambda tx: tx.run("DELETE FROM notes WHERE id = :id", id=77)) == 0


async def test_a_write_can_return_its_rows(notes: Database) -> None:
    def work(tx: Tx) -> list[Row]:
        add(tx, 1, size=10)
        add(tx, 2, size=20)
        return tx.rows("UPDATE notes SET size = size + :more RETURNING id, size", more=1)

    assert sorted(await notes.write(work), key=lambda row: row["id"]) == [{"id": 1, "size": 11}, {"id": 2, "size": 21}]
    assert await notes.read(lambda tx: [row["size"] for row in tx.rows("SELECT size FROM notes ORDER BY id")]) == [
        11,
        21,
    ]


async def test_an_insert_that_meets_its_like_updates_or_does_nothing(notes: Database) -> None:
    update = "ON CONFLICT (account_id, id) DO UPDATE SET size = notes.size + excluded.size RETURNING size"

    def work(tx: Tx) -> tuple[Row | None, int]:
        values = {"account_id": "a", "id": 1, "body": None, "size": 2, "data": None}
        tx.run(INSERT, **values)
        return tx.row(f"{INSERT} {update}", **values), tx.run(f"{INSERT} ON CONFLICT DO NOTHING", **values)

    assert await notes.write(work) == ({"size": 4}, 0)


async def test_run_many_runs_once_per_element(notes: Database) -> None:
    rows: list[dict[str, object]] = [
        {"account_id": "a", "id": id, "body": None if id % 2 else "even", "size": id, "data": bytes([id])}
        for id in range(100)
    ]

    await notes.write(lambda tx: tx.run_many(INSERT, rows))
    await notes.write(lambda tx: tx.run_many(INSERT, []))

    assert await notes.read(lambda tx: tx.rows("SELECT * FROM notes ORDER BY id")) == rows


async def test_run_many_takes_tuples_in_the_order_in_which_names_appear(notes: Database) -> None:
    sql = "INSERT INTO notes (size, id, account_id, body) VALUES (:size % 7, :id, 'a', :size || '%:x' || :id)"

    await notes.write(lambda tx: tx.run_many(sql, [(9, 1), (3, 2)]))

    rows = await notes.read(lambda tx: tx.tuples("SELECT id, size, body FROM notes ORDER BY id"))
    assert rows == [(1, 2, "9%:x1"), (2, 3, "3%:x2")]


async def test_colons_and_percent_signs_in_text_are_text(notes: Database) -> None:
    def work(tx: Tx) -> Row | None:
        return tx.row(
            """SELECT ':no %s' AS "a:b", CAST(:yes AS TEXT) AS yes -- :neither %(one)s
            WHERE 'it''s :not' LIKE '%:not' /* :nor */""",
            yes="50 % :x",
            unused=1,
        )

    assert await notes.read(work) == {"a:b": ":no %s", "yes": "50 % :x"}


# Values


class Colour(StrEnum):
    RED = "red"


VALUES: list[tuple[str, Any]] = [
    ("size", 0),
    ("size", 2**63 - 1),
    ("size", -(2**63)),
    ("body", ""),
    ("body", "naïve 文字 😀 \u202e \x01 \ufeff"),
    ("body", "x" * 300_000),
    ("body", Colour.RED),
    ("data", b""),
    ("data", bytes(range(256))),
    ("data", b"\x00" * 300_000),
]


@pytest.mark.parametrize(("column", "value"), VALUES, ids=lambda value: repr(value)[:20])
async def test_a_value_comes_back_as_it_went_in(notes: Database, column: str, value: Any) -> None:
    await notes.write(lambda tx: add(tx, 1, **{column: value}))

    row = await notes.read(lambda tx: tx.row("SELECT body, size, data FROM notes"))

    assert row == {"body": None, "size": None, "data": None} | {column: value}
    assert row is not None
    assert type(row[column]) in {str, int, bytes}


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    size=st.integers(-(2**63), 2**63 - 1),
    data=st.binary(),
)
async def test_any_value_comes_back_as_it_went_in(notes: Database, body: str, size: int, data: bytes) -> None:
    def work(tx: Tx) -> Row | None:
        tx.run("DELETE FROM notes")
        add(tx, 1, body, size=size, data=data)
        return tx.row("SELECT body, size, data FROM notes WHERE body = :body AND size = :size", body=body, size=size)

    assert await notes.write(work) == {"body": body, "size": size, "data": data}


async def test_truth_is_one_and_falsehood_zero(notes: Database) -> None:
    await notes.write(lambda tx: add(tx, 1, size=True))

    row = await notes.read(lambda tx: tx.row("SELECT size, size = :yes AS same, size > 5 AS more FROM notes", yes=True))

    assert repr(row) == "{'size': 1, 'same': 1, 'more': 0}"


async def test_bound_numbers_are_wide(notes: Database) -> None:
    def work(tx: Tx) -> Row | None:
        return tx.row("SELECT :a * :b AS product, :a / 7 AS quotient", a=300, b=200_000_000)

    assert await notes.read(work) == {"product": 60_000_000_000, "quotient": 42}


async def test_half_a_character_is_refused(notes: Database) -> None:
    with pytest.raises(Invalid):
        await notes.write(lambda tx: add(tx, 1, "half \ud800"))

    assert await notes.read(count) == 0
