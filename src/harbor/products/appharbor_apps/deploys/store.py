"""Table `appharbor_releases`."""

from __future__ import annotations

import json

from harbor.kernel.clock import micros, moment, moment_or_none
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.vault import Vault
from harbor.products.appharbor_apps.deploys.model import Reason, Release, State

_PURPOSE = "appharbor.release"


def insert(tx: Tx, account_id: str, release: Release, vault: Vault) -> None:
    """Add a release."""
    tx.run(
        """
        INSERT INTO appharbor_releases (account_id, application_id, number, build_id, reason, state, variables, created_at)
        VALUES (:account_id, :application_id, :number, :build_id, :reason, :state, :variables, :created_at)
        """,
        account_id=account_id,
        application_id=release.application_id,
        number=release.number,
        build_id=release.build_id,
        reason=release.reason.value,
        state=release.state.value,
        variables=vault.seal(account_id, _PURPOSE, json.dumps(release.variables)),
        created_at=micros(release.created_at),
    )


def last_number(tx: Tx, account_id: str, application_id: int) -> int:
    """The number of the newest release; 0 before the first."""
    row = tx.row(
        """
        SELECT max(number) AS number FROM appharbor_releases
        WHERE account_id = :account_id AND application_id = :application_id
        """,
        account_id=account_id,
        application_id=application_id,
    )
    return 0 if row is None or row["number"] is None else int(row["number"])


def starting(tx: Tx, account_id: str, application_id: int, vault: Vault) -> Release | None:
    """The release that is being brought up."""
    row = tx.row(
        """
        SELECT * FROM appharbor_releases
        WHERE account_id = :account_id AND application_id = :application_id AND state = 'starting'
        ORDER BY number DESC LIMIT 1
        """,
        account_id=account_id,
        application_id=application_id,
    )
    return _release(row, vault) if row else None


def find(tx: Tx, account_id: str, application_id: int, number: int, vault: Vault) -> Release | None:
    """One release."""
    row = tx.row(
        """
        SELECT * FROM appharbor_releases
        WHERE account_id = :account_id AND application_id = :application_id AND number = :number
        """,
        account_id=account_id,
        application_id=application_id,
        number=number,
    )
    return _release(row, vault) if row else None


def newest_first(tx: Tx, account_id: str, application_id: int, limit: int, vault: Vault) -> list[Release]:
    """The newest releases of an application."""
    rows = tx.rows(
        """
        SELECT * FROM appharbor_releases
        WHERE account_id = :account_id AND application_id = :application_id
        ORDER BY number DESC LIMIT :limit
        """,
        account_id=account_id,
        application_id=application_id,
        limit=limit,
    )
    return [_release(row, vault) for row in rows]


def settle(tx: Tx, account_id: str, application_id: int, number: int, state: State) -> None:
    """Write what became of a release; a new live one retires the one before."""
    if state is State.LIVE:
        tx.run(
            """
            UPDATE appharbor_releases SET state = 'retired'
            WHERE account_id = :account_id AND application_id = :application_id AND state = 'live'
            """,
            account_id=account_id,
            application_id=application_id,
        )
    tx.run(
        """
        UPDATE appharbor_releases SET state = :state, finished_at = :now
        WHERE account_id = :account_id AND application_id = :application_id AND number = :number
        """,
        account_id=account_id,
        application_id=application_id,
        number=number,
        state=state.value,
        now=tx.now_us,
    )


def delete_of_application(tx: Tx, account_id: str, application_id: int) -> None:
    """Remove the releases of an application that goes."""
    tx.run(
        "DELETE FROM appharbor_releases WHERE account_id = :account_id AND application_id = :application_id",
        account_id=account_id,
        application_id=application_id,
    )


def _release(row: Row, vault: Vault) -> Release:
    return Release(
        account_id=row["account_id"],
        application_id=row["application_id"],
        number=row["number"],
        build_id=row["build_id"],
        reason=Reason(row["reason"]),
        state=State(row["state"]),
        variables=json.loads(vault.open(row["account_id"], _PURPOSE, row["variables"])),
        created_at=moment(row["created_at"]),
        finished_at=moment_or_none(row["finished_at"]),
    )
