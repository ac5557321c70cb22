"""Table `second_factors`: put, find, take a code, delete."""

from __future__ import annotations

import json
from collections.abc import Sequence

from harbor.kernel.clock import micros, micros_or_none, moment, moment_or_none
from harbor.kernel.identity.second_factor_model import SecondFactor
from harbor.kernel.storage.database import Row, Tx


def put(tx: Tx, factor: SecondFactor) -> None:
    """Write a person's factor in place of the one there was."""
    tx.run(
        """
        INSERT INTO second_factors (account_id, person_id, secret, last_step, recovery, created_at, confirmed_at)
        VALUES (:account_id, :person_id, :secret, :last_step, :recovery, :created_at, :confirmed_at)
        ON CONFLICT (account_id, person_id) DO UPDATE
        SET secret = :secret, last_step = :last_step, recovery = :recovery, created_at = :created_at,
            confirmed_at = :confirmed_at
        """,
        account_id=factor.account_id,
        person_id=factor.person_id,
        secret=factor.sealed_secret,
        last_step=factor.last_step,
        recovery=_encoded(factor.recovery),
        created_at=micros(factor.created_at),
        confirmed_at=micros_or_none(factor.confirmed_at),
    )


def find(tx: Tx, account_id: str, person_id: str) -> SecondFactor | None:
    """A person's factor, confirmed or not."""
    row = tx.row(
        "SELECT * FROM second_factors WHERE account_id = :account_id AND person_id = :person_id",
        account_id=account_id,
        person_id=person_id,
    )
    return _factor(row) if row else None


def confirmed_of(tx: Tx, account_id: str) -> frozenset[str]:
    """The people of an organization who have a confirmed factor."""
    rows = tx.rows(
        "SELECT person_id FROM second_factors WHERE account_id = :account_id AND confirmed_at IS NOT NULL",
        account_id=account_id,
    )
    return frozenset(row["person_id"] for row in rows)


def put_used(tx: Tx, account_id: str, person_id: str, *, last_step: int, recovery: Sequence[str]) -> None:
    """Write what is left after a code was taken. The secret stays, which a rotation of the key may be writing."""
    tx.run(
        """
        UPDATE second_factors
        SET last_step = :last_step, recovery = :recovery
        WHERE account_id = :account_id AND person_id = :person_id
        """,
        account_id=account_id,
        person_id=person_id,
        last_step=last_step,
        recovery=_encoded(recovery),
    )


def delete(tx: Tx, account_id: str, person_id: str) -> bool:
    """Delete a person's factor. False if there was none that counted."""
    row = tx.row(
        """
        DELETE FROM second_factors
        WHERE account_id = :account_id AND person_id = :person_id
        RETURNING confirmed_at
        """,
        account_id=account_id,
        person_id=person_id,
    )
    return row is not None and row["confirmed_at"] is not None


def _encoded(recovery: Sequence[str]) -> str:
    return json.dumps(list(recovery))


def _factor(row: Row) -> SecondFactor:
    return SecondFactor(
        account_id=row["account_id"],
        person_id=row["person_id"],
        sealed_secret=row["secret"],
        last_step=row["last_step"],
        recovery=tuple(json.loads(row["recovery"])),
        created_at=moment(row["created_at"]),
        confirmed_at=moment_or_none(row["confirmed_at"]),
    )
