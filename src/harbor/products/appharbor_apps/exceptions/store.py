"""Table `appharbor_exceptions`."""

from __future__ import annotations

import json
from typing import Any

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Row, Tx
from harbor.products.appharbor_apps.exceptions.model import Cause, Unhandled


def insert(tx: Tx, account_id: str, unhandled: Unhandled) -> None:
    """Add an occurrence."""
    tx.run(
        """
        INSERT INTO appharbor_exceptions (account_id, id, application_id, commit_id, occurred_at, request_path, message, exception)
        VALUES (:account_id, :id, :application_id, :commit_id, :occurred_at, :request_path, :message, :exception)
        """,
        account_id=account_id,
        id=unhandled.id,
        application_id=unhandled.application_id,
        commit_id=unhandled.commit_id,
        occurred_at=micros(unhandled.occurred_at),
        request_path=unhandled.request_path,
        message=unhandled.message,
        exception=json.dumps(_packed(unhandled.cause)),
    )


def forget_old(tx: Tx, account_id: str, application_id: int, kept: int) -> None:
    """Remove all but the newest of an application."""
    tx.run(
        """
        DELETE FROM appharbor_exceptions
        WHERE account_id = :account_id AND application_id = :application_id AND id <= COALESCE((
            SELECT id FROM appharbor_exceptions
            WHERE account_id = :account_id AND application_id = :application_id
            ORDER BY id DESC LIMIT 1 OFFSET :kept), -1)
        """,  # appharbor_exceptions_newest
        account_id=account_id,
        application_id=application_id,
        kept=kept,
    )


def newest_first(tx: Tx, account_id: str, application_id: int, limit: int) -> list[Unhandled]:
    """The newest of an application."""
    rows = tx.rows(
        """
        SELECT * FROM appharbor_exceptions
        WHERE account_id = :account_id AND application_id = :application_id ORDER BY id DESC LIMIT :limit
        """,  # appharbor_exceptions_newest
        account_id=account_id,
        application_id=application_id,
        limit=limit,
    )
    return [_unhandled(row) for row in rows]


def find(tx: Tx, account_id: str, application_id: int, exception_id: int) -> Unhandled | None:
    """One of an application."""
    row = tx.row(
        """
        SELECT * FROM appharbor_exceptions
        WHERE account_id = :account_id AND application_id = :application_id AND id = :id
        """,
        account_id=account_id,
        application_id=application_id,
        id=exception_id,
    )
    return _unhandled(row) if row else None


def delete_of_application(tx: Tx, account_id: str, application_id: int) -> None:
    """Remove those of an application that goes."""
    tx.run(
        "DELETE FROM appharbor_exceptions WHERE account_id = :account_id AND application_id = :application_id",
        account_id=account_id,
        application_id=application_id,
    )


def _packed(cause: Cause) -> dict[str, Any]:
    return {
        "type": cause.type,
        "message": cause.message,
        "stack_trace": cause.stack_trace,
        "inner": None if cause.inner is None else _packed(cause.inner),
    }


def _cause(packed: dict[str, Any]) -> Cause:
    inner = packed["inner"]
    return Cause(
        type=packed["type"],
        message=packed["message"],
        stack_trace=packed["stack_trace"],
        inner=None if inner is None else _cause(inner),
    )


def _unhandled(row: Row) -> Unhandled:
    return Unhandled(
        account_id=row["account_id"],
        id=row["id"],
        application_id=row["application_id"],
        commit_id=row["commit_id"],
        occurred_at=moment(row["occurred_at"]),
        request_path=row["request_path"],
        message=row["message"],
        cause=_cause(json.loads(row["exception"])),
    )
