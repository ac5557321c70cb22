"""Table `appharbor_variables`. Values go in and come out as plain text and lie there sealed."""

from __future__ import annotations

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.vault import Vault
from harbor.products.appharbor_apps.config_variables.model import Variable

_PURPOSE = "appharbor.variable"


def insert(tx: Tx, account_id: str, variable: Variable, vault: Vault) -> None:
    """Add a variable. Raises `Conflict` if the application has one of this key."""
    tx.run(
        """
        INSERT INTO appharbor_variables (account_id, id, application_id, key, key_fold, value, addon_id, created_at, updated_at)
        VALUES (:account_id, :id, :application_id, :key, :key_fold, :value, :addon_id, :created_at, :updated_at)
        """,
        account_id=account_id,
        id=variable.id,
        application_id=variable.application_id,
        key=variable.key,
        key_fold=variable.key.casefold(),
        value=vault.seal(account_id, _PURPOSE, variable.value),
        addon_id=variable.addon_id,
        created_at=micros(variable.created_at),
        updated_at=micros(variable.updated_at),
    )


def put(tx: Tx, account_id: str, variable: Variable, vault: Vault) -> None:
    """Write key and value."""
    tx.run(
        """
        UPDATE appharbor_variables SET key = :key, key_fold = :key_fold, value = :value, updated_at = :updated_at
        WHERE account_id = :account_id AND id = :id
        """,
        account_id=account_id,
        id=variable.id,
        key=variable.key,
        key_fold=variable.key.casefold(),
        value=vault.seal(account_id, _PURPOSE, variable.value),
        updated_at=micros(variable.updated_at),
    )


def find(tx: Tx, account_id: str, application_id: int, variable_id: int, vault: Vault) -> Variable | None:
    """One variable of an application."""
    row = tx.row(
        """
        SELECT * FROM appharbor_variables
        WHERE account_id = :account_id AND application_id = :application_id AND id = :id
        """,
        account_id=account_id,
        application_id=application_id,
        id=variable_id,
    )
    return _variable(row, vault) if row else None


def by_key(tx: Tx, account_id: str, application_id: int, key: str, vault: Vault) -> Variable | None:
    """The variable with this key, whatever its case."""
    row = tx.row(
        """
        SELECT * FROM appharbor_variables
        WHERE account_id = :account_id AND application_id = :application_id AND key_fold = :key_fold
        """,
        account_id=account_id,
        application_id=application_id,
        key_fold=key.casefold(),
    )
    return _variable(row, vault) if row else None


def of_application(tx: Tx, account_id: str, application_id: int, vault: Vault) -> list[Variable]:
    """All variables of an application by key."""
    rows = tx.rows(
        """
        SELECT * FROM appharbor_variables
        WHERE account_id = :account_id AND application_id = :application_id
        ORDER BY key_fold
        """,  # appharbor_variables_by_key
        account_id=account_id,
        application_id=application_id,
    )
    return [_variable(row, vault) for row in rows]


def delete(tx: Tx, account_id: str, variable_id: int) -> None:
    """Remove a variable."""
    tx.run(
        "DELETE FROM appharbor_variables WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=variable_id,
    )


def delete_of_application(tx: Tx, account_id: str, application_id: int) -> None:
    """Remove all variables of an application that goes."""
    tx.run(
        "DELETE FROM appharbor_variables WHERE account_id = :account_id AND application_id = :application_id",
        account_id=account_id,
        application_id=application_id,
    )


def delete_of_addon(tx: Tx, account_id: str, application_id: int, addon_id: int) -> None:
    """Remove what an add-on had set."""
    tx.run(
        """
        DELETE FROM appharbor_variables
        WHERE account_id = :account_id AND application_id = :application_id AND addon_id = :addon_id
        """,
        account_id=account_id,
        application_id=application_id,
        addon_id=addon_id,
    )


def _variable(row: Row, vault: Vault) -> Variable:
    return Variable(
        account_id=row["account_id"],
        id=row["id"],
        application_id=row["application_id"],
        key=row["key"],
        value=vault.open(row["account_id"], _PURPOSE, row["value"]),
        addon_id=row["addon_id"],
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
