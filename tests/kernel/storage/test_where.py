"""WHERE clauses: what is mandatory stays, what is optional may be left out, every value is bound."""

from __future__ import annotations

import pytest

from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.storage.where import Where


def test_mandatory_terms_come_first() -> None:
    where = Where(account_id="acc_1", state="open").equal(kind="a")

    assert str(where) == "WHERE account_id = :account_id AND state = :state AND kind = :kind"
    assert where.values == {"account_id": "acc_1", "state": "open", "kind": "a"}


def test_a_mandatory_term_without_a_value_is_our_bug() -> None:
    with pytest.raises(ValueError, match="account_id"):
        Where(account_id=None)


def test_optional_terms_without_a_value_vanish() -> None:
    where = Where(account_id="a").equal(kind=None).compare("id", ">", None).after("id", "<", None).among("state", None)

    assert str(where) == "WHERE account_id = :account_id"


def test_falsehood_and_emptiness_are_values() -> None:
    where = Where(account_id="").equal(is_active=False, size=0)

    assert where.values == {"account_id": "", "is_active": False, "size": 0}


def test_one_column_may_be_compared_twice() -> None:
    where = Where().compare("at", ">=", 1).compare("at", "<", 5)

    assert str(where) == "WHERE at >= :at AND at < :at_1"
    assert where.values == {"at": 1, "at_1": 5}


def test_a_column_may_carry_its_table() -> None:
    where = Where().compare("events.id", "<", 5)

    assert str(where) == "WHERE events.id < :events_id"


def test_nothing_to_compare_is_no_clause() -> None:
    assert str(Where()) == ""


def test_among_no_choices_is_nobody() -> None:
    where = Where(account_id="a").among("state", [])

    assert str(where) == "WHERE account_id = :account_id AND 1 = 0"


def test_a_written_term_brings_its_values() -> None:
    where = Where(account_id="a").also("size + :more > 10", more=5)

    assert str(where) == "WHERE account_id = :account_id AND size + :more > 10"
    assert where.values == {"account_id": "a", "more": 5}


def test_a_written_term_cannot_replace_the_tenant() -> None:
    with pytest.raises(AssertionError):
        Where(account_id="a").also("account_id = :account_id", account_id="b")


async def test_a_clause_finds_its_rows(notes: Database) -> None:
    def fill(tx: Tx) -> None:
        for id in range(10):
            tx.run(
                "INSERT INTO notes (account_id, id, body) VALUES (:account_id, :id, :body)",
                account_id="ab"[id % 2],
                id=id,
                body=str(id // 4),
            )

    def find(tx: Tx, where: Where) -> list[int]:
        return [row["id"] for row in tx.rows(f"SELECT id FROM notes {where} ORDER BY id", **where.values)]

    await notes.write(fill)

    for where, found in (
        (Where(account_id="a"), [0, 2, 4, 6, 8]),
        (Where(account_id="a").equal(body="1"), [4, 6]),
        (Where(account_id="a").compare("id", ">", 2).compare("id", "<=", 6), [4, 6]),
        (Where(account_id="a").after("id", "<", 5), [0, 2, 4]),
        (Where(account_id="a").among("id", [1, 2, 4, 99]), [2, 4]),
        (Where(account_id="a").among("id", iter([])), []),
        (Where(account_id="a").among("id", [2, 4, 6]).among("body", ["0", "2"]), [2]),
        (Where(account_id="a").also("id % :step = 0", step=4), [0, 4, 8]),
        (Where().compare("notes.body", "<>", "0"), [4, 5, 6, 7, 8, 9]),
    ):
        assert await notes.read(lambda tx, where=where: find(tx, where)) == found, where  # type: ignore[misc]
