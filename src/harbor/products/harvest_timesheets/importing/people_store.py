"""Whose number a person has: people of the account and of the source that are the same get the source's.

A number of a person stands in many tables; here is the list of them.
"""

from __future__ import annotations

from typing import Final

from harbor.kernel.identity import store as identity
from harbor.kernel.identity.people_model import normal_email
from harbor.kernel.storage.database import Tx

_INSTALLATION: Final = "harvest"
# Columns that hold the number of a person of the account.
COLUMNS: Final = (
    ("harvest_users", "id"),
    ("harvest_tokens", "user_id"),
    ("harvest_oauth_applications", "user_id"),
    ("harvest_oauth_codes", "user_id"),
    ("harvest_rates", "user_id"),
    ("harvest_teammates", "manager_id"),
    ("harvest_teammates", "user_id"),
    ("harvest_role_members", "user_id"),
    ("harvest_user_assignments", "user_id"),
    ("harvest_time_entries", "user_id"),
    ("harvest_time_sums", "user_id"),
    ("harvest_expenses", "user_id"),
    ("harvest_invoices", "creator_id"),
    ("harvest_estimates", "creator_id"),
    ("harvest_recurring_invoices", "creator_id"),
    ("harvest_saved_reports", "user_id"),
    ("harvest_imports", "user_id"),
    ("harvest_csv_imports", "user_id"),
)


def by_email(tx: Tx, account_id: str) -> dict[str, int]:
    """The people of the account: number by address. An account has some hundreds."""
    rows = tx.rows("SELECT id, email_key FROM harvest_users WHERE account_id = :account_id", account_id=account_id)
    return {row["email_key"]: int(row["id"]) for row in rows}


def renumber(tx: Tx, account_id: str, was: int, becomes: int) -> None:
    """Give a person another number, wherever it stands."""
    for table, column in COLUMNS:
        tx.run(
            f"UPDATE {table} SET {column} = :becomes WHERE account_id = :account_id AND {column} = :was",
            account_id=account_id,
            was=was,
            becomes=becomes,
        )
    tx.run(
        """
        UPDATE harvest_period_locks SET holder_id = :becomes
        WHERE account_id = :account_id AND holder = 'user' AND holder_id = :was
        """,
        account_id=account_id,
        was=was,
        becomes=becomes,
    )


def new_identity(tx: Tx, account_id: str, email: str) -> int:
    """Who somebody new is across accounts: the same as in another account of the organization, or somebody new.

    Not that of a person who signs in with another address, see `users.store.identity_in_organization`.
    """
    row = tx.row(
        """
        SELECT u.identity_id FROM harvest_users u
        JOIN accounts other ON other.id = u.account_id
        JOIN accounts own ON own.id = :account_id AND own.organization_id = other.organization_id
        LEFT JOIN people p ON p.id = u.person_id
        WHERE u.email_key = :email_key AND (u.person_id IS NULL OR p.email = :email_key)
        ORDER BY u.created_at LIMIT 1
        """,
        account_id=account_id,
        email_key=normal_email(email),
    )
    return int(row["identity_id"]) if row else identity.next_serial(tx, _INSTALLATION, "harvest_identities")
