"""Table `appharbor_tests`."""

from __future__ import annotations

from collections.abc import Sequence

from harbor.kernel.storage.database import Row, Tx
from harbor.products.appharbor_apps.test_results.model import Kind, Node, Status, sort_key


def insert_all(tx: Tx, account_id: str, build_id: int, nodes: Sequence[Node]) -> None:
    """Add the tests of a build."""
    rows: list[dict[str, object]] = [
        {
            "account_id": account_id,
            "build_id": build_id,
            "sort_key": sort_key(node.path),
            "path": node.path,
            "name": node.name,
            "status": node.status.value,
            "kind": node.kind.value,
            "duration_us": node.duration_us,
            "message": node.message,
            "stack_trace": node.stack_trace,
            "output": node.output,
        }
        for node in nodes
    ]
    tx.run_many(
        """
        INSERT INTO appharbor_tests (account_id, build_id, sort_key, path, name, status, kind, duration_us, message,
            stack_trace, output)
        VALUES (:account_id, :build_id, :sort_key, :path, :name, :status, :kind, :duration_us, :message, :stack_trace, :output)
        """,
        rows,
    )


def of_build(tx: Tx, account_id: str, build_id: int) -> list[Node]:
    """All nodes of a build in their order."""
    rows = tx.rows(
        "SELECT * FROM appharbor_tests WHERE account_id = :account_id AND build_id = :build_id ORDER BY sort_key",
        account_id=account_id,
        build_id=build_id,
    )
    return [_node(row) for row in rows]


def below(tx: Tx, account_id: str, build_id: int, path: str) -> list[Node]:
    """The node at a position and all below it, in their order."""
    key = sort_key(path)
    rows = tx.rows(
        """
        SELECT * FROM appharbor_tests
        WHERE account_id = :account_id AND build_id = :build_id
          AND (sort_key = :key OR (sort_key > :low AND sort_key < :high))
        ORDER BY sort_key
        """,
        account_id=account_id,
        build_id=build_id,
        key=key,
        low=f"{key}.",
        high=f"{key}/",  # the character after the dot
    )
    return [_node(row) for row in rows]


def counts(tx: Tx, account_id: str, build_id: int) -> dict[str, int]:
    """How many tests of a build went how."""
    rows = tx.rows(
        """
        SELECT status, count(*) AS n FROM appharbor_tests
        WHERE account_id = :account_id AND build_id = :build_id AND kind = 'Test' GROUP BY status
        """,
        account_id=account_id,
        build_id=build_id,
    )
    return {row["status"]: row["n"] for row in rows}


def delete_of_build(tx: Tx, account_id: str, build_id: int) -> None:
    """Remove the tests of a build."""
    tx.run(
        "DELETE FROM appharbor_tests WHERE account_id = :account_id AND build_id = :build_id",
        account_id=account_id,
        build_id=build_id,
    )


def _node(row: Row) -> Node:
    return Node(
        path=row["path"],
        name=row["name"],
        status=Status(row["status"]),
        kind=Kind(row["kind"]),
        duration_us=row["duration_us"],
        message=row["message"],
        stack_trace=row["stack_trace"],
        output=row["output"],
    )
