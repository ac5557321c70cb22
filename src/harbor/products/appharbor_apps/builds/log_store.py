"""Table `appharbor_build_logs`."""

from __future__ import annotations

from harbor.kernel.clock import moment
from harbor.kernel.storage.database import Row, Tx
from harbor.products.appharbor_apps.builds.model import LogEntry


def append(tx: Tx, account_id: str, build_id: int, message: str, details: str | None, *, number_max: int) -> int:
    """Add a line and return its number; beyond `number_max` nothing is added."""
    row = tx.row(
        "SELECT max(number) AS last FROM appharbor_build_logs WHERE account_id = :account_id AND build_id = :build_id",
        account_id=account_id,
        build_id=build_id,
    )
    number = 1 if row is None or row["last"] is None else int(row["last"]) + 1
    if number <= number_max:
        tx.run(
            """
            INSERT INTO appharbor_build_logs (account_id, build_id, number, message, details, created_at)
            VALUES (:account_id, :build_id, :number, :message, :details, :now)
            """,
            account_id=account_id,
            build_id=build_id,
            number=number,
            message=message,
            details=details,
            now=tx.now_us,
        )
    return number


def of_build(tx: Tx, account_id: str, build_id: int, *, after: int = 0) -> list[LogEntry]:
    """The lines of a build in their order, after the one numbered `after`; without their details."""
    rows = tx.rows(
        """
        SELECT number, message, CASE WHEN details IS NULL THEN NULL ELSE '' END AS details, created_at
        FROM appharbor_build_logs
        WHERE account_id = :account_id AND build_id = :build_id AND number > :after
        ORDER BY number
        """,
        account_id=account_id,
        build_id=build_id,
        after=after,
    )
    return [_entry(row) for row in rows]


def find(tx: Tx, account_id: str, build_id: int, number: int) -> LogEntry | None:
    """One line with its details."""
    row = tx.row(
        """
        SELECT number, message, details, created_at FROM appharbor_build_logs
        WHERE account_id = :account_id AND build_id = :build_id AND number = :number
        """,
        account_id=account_id,
        build_id=build_id,
        number=number,
    )
    return _entry(row) if row else None


def delete_of_builds(tx: Tx, account_id: str, build_ids: list[int]) -> None:
    """Remove the lines of builds that go."""
    tx.run_many(
        "DELETE FROM appharbor_build_logs WHERE account_id = :account_id AND build_id = :build_id",
        [{"account_id": account_id, "build_id": build_id} for build_id in build_ids],
    )


def _entry(row: Row) -> LogEntry:
    return LogEntry(
        number=row["number"], message=row["message"], details=row["details"], created_at=moment(row["created_at"])
    )
