"""Whatever the program seals is on the list that a rotation of the master key goes through."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from harbor.app import SEALED_COLUMNS, areas
from harbor.kernel.sealed import GIVEN_AWAY, Sealed
from harbor.kernel.storage.database import Database
from harbor.kernel.storage.migrate import migrate

HARBOR = Path(__file__).parent.parent.parent / "src" / "harbor"
# The vault itself, which hands on what it was given.
VAULTS = {"kernel/vault.py", "kernel/rotation/vault.py"}


def test_every_purpose_that_is_sealed_for_is_registered() -> None:
    found = {
        purpose
        for path in HARBOR.rglob("*.py")
        if path.relative_to(HARBOR).as_posix() not in VAULTS and _is_mounted(path)
        for purpose in _purposes(path.read_text("utf-8"), path.name)
    }

    assert found == {column.purpose for column in SEALED_COLUMNS} | GIVEN_AWAY


@pytest.mark.parametrize("column", SEALED_COLUMNS, ids=lambda column: f"{column.table}.{column.column}")
async def test_a_registered_column_is_there_and_its_key_is_the_primary_key(
    sqlite_database: Database, column: Sealed
) -> None:
    await migrate(sqlite_database, areas("sqlite"))

    rows = await sqlite_database.read(lambda tx: tx.rows(f"SELECT name, pk FROM pragma_table_info('{column.table}')"))

    assert column.column in {row["name"] for row in rows}
    keys = [row["name"] for row in sorted(rows, key=lambda row: row["pk"]) if row["pk"]]
    assert keys == list(column.key)


def test_the_rule_finds_what_it_looks_for() -> None:
    sample = (
        '_A = "one"\nvault.seal(account, _A, text)\ncall.vault.seal(account, purpose="two", text=text)\nother.seal()\n'
    )

    assert sorted(_purposes(sample, "sample.py")) == ["one", "two"]
    with pytest.raises(AssertionError, match=r"sample\.py:1"):
        list(_purposes("vault.seal(account, purpose_of(x), text)", "sample.py"))


def _is_mounted(path: Path) -> bool:
    """Whether a file belongs to an installation: a product whose tables are made, or no product."""
    parts = path.relative_to(HARBOR).parts
    return parts[0] != "products" or parts[1] in {area.name for area in areas("sqlite")}


def _purposes(source: str, name: str) -> Iterator[str]:
    tree = ast.parse(source)
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "seal":
            continue
        given = [keyword.value for keyword in node.keywords if keyword.arg == "purpose"] or node.args[1:2]
        if not given:
            continue  # not the vault's: it takes a purpose
        purpose = given[0]
        if isinstance(purpose, ast.Name):
            yield constants[purpose.id]
        else:
            assert isinstance(purpose, ast.Constant), f"{name}:{node.lineno}: a purpose is a constant of its module"
            yield str(purpose.value)
