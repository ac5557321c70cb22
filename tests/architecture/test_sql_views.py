"""What may be asked about in SQL: one account's rows, and nothing secret."""

from __future__ import annotations

import pytest

from harbor.app.harper import VIEWS
from harbor.app.opening import SEALED_COLUMNS, areas
from harbor.kernel.sql_views import SqlView
from harbor.kernel.storage.database import Database, Tx
from harbor.kernel.storage.migrate import migrate

# Secrets and their digests, and what may hold a person's content: bodies, replies, snapshots, changes.
SECRET = {
    "secrets",
    "headers",
    "digest",
    "password_hash",
    "body",
    "reply",
    "before",
    "after",
    "response_body",
    "response_headers",
}


async def test_every_view_is_readable(database: Database) -> None:
    await migrate(database, areas(database.engine))

    def found(tx: Tx) -> list[SqlView]:
        return [view for view in VIEWS if tx.rows(f"SELECT * FROM ({view.select}) AS v", account_id="acc_nobody")]

    assert await database.read(found) == []


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.database}.{view.name}")
def test_a_view_shows_nothing_secret(view: SqlView) -> None:
    assert not SECRET & set(view.columns)
    sealed = {each.column for each in SEALED_COLUMNS if each.table in view.select.split()}
    assert not sealed & set(view.columns)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.database}.{view.name}")
def test_a_view_names_its_columns_and_keeps_to_an_account(view: SqlView) -> None:
    assert "*" not in view.select
    assert "account_id = :account_id" in view.select
    assert "account_id" not in view.columns
