"""Tables `harvest_oauth_applications` and `harvest_oauth_codes`."""

from __future__ import annotations

from harbor.kernel.clock import micros, moment, moment_or_none
from harbor.kernel.storage.database import Row, Tx
from harbor.products.harvest_timesheets.oauth.model import Application, Code


def insert(tx: Tx, account_id: str, application: Application) -> None:
    """Add an application."""
    tx.run(
        """
        INSERT INTO harvest_oauth_applications
            (account_id, id, user_id, name, redirect_url, reaches_all, secret_digest, created_at)
        VALUES (:account_id, :id, :user_id, :name, :redirect_url, :reaches_all, :secret_digest, :created_at)
        """,
        account_id=account_id,
        id=application.id,
        user_id=application.user_id,
        name=application.name,
        redirect_url=application.redirect_url,
        reaches_all=int(application.reaches_all),
        secret_digest=application.secret_digest,
        created_at=micros(application.created_at),
    )


def find(tx: Tx, application_id: str) -> Application | None:
    """The application with this public id, of whatever account."""
    row = tx.row("SELECT * FROM harvest_oauth_applications WHERE id = :id", id=application_id)
    return _application(row) if row else None


def of_user(tx: Tx, account_id: str, user_id: int) -> list[Application]:
    """The applications a person has registered, by name."""
    rows = tx.rows(
        """
        SELECT * FROM harvest_oauth_applications WHERE account_id = :account_id AND user_id = :user_id ORDER BY name, id
        """,
        account_id=account_id,
        user_id=user_id,
    )
    return [_application(row) for row in rows]


def delete(tx: Tx, account_id: str, application_id: str) -> None:
    """Remove an application."""
    tx.run(
        "DELETE FROM harvest_oauth_applications WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=application_id,
    )


def insert_code(tx: Tx, account_id: str, code: Code) -> None:
    """Add a code."""
    tx.run(
        """
        INSERT INTO harvest_oauth_codes (account_id, digest, user_id, application_id, redirect_uri, scope, challenge,
            challenge_method, created_at, expires_at, used_at)
        VALUES (:account_id, :digest, :user_id, :application_id, :redirect_uri, :scope, :challenge,
            :challenge_method, :created_at, :expires_at, NULL)
        """,
        account_id=account_id,
        digest=code.digest,
        user_id=code.user_id,
        application_id=code.application_id,
        redirect_uri=code.redirect_uri,
        scope=code.scope,
        challenge=code.challenge,
        challenge_method=code.challenge_method,
        created_at=micros(code.created_at),
        expires_at=micros(code.expires_at),
    )


def code(tx: Tx, digest: str) -> Code | None:
    """The code with this digest, used or not, of whatever account."""
    row = tx.row("SELECT * FROM harvest_oauth_codes WHERE digest = :digest", digest=digest)
    return _code(row) if row else None


def use_code(tx: Tx, account_id: str, digest: str) -> bool:
    """Take the code; False if somebody was faster."""
    return bool(
        tx.run(
            """
            UPDATE harvest_oauth_codes SET used_at = :now
            WHERE account_id = :account_id AND digest = :digest AND used_at IS NULL
            """,
            account_id=account_id,
            digest=digest,
            now=tx.now_us,
        )
    )


def delete_codes_before(tx: Tx, account_id: str, expired_before_us: int) -> None:
    """Forget the codes of an account that expired long ago."""
    tx.run(
        "DELETE FROM harvest_oauth_codes WHERE account_id = :account_id AND expires_at < :before",
        account_id=account_id,
        before=expired_before_us,
    )


def _application(row: Row) -> Application:
    return Application(**{**row, "reaches_all": bool(row["reaches_all"]), "created_at": moment(row["created_at"])})


def _code(row: Row) -> Code:
    return Code(
        **{
            **row,
            "created_at": moment(row["created_at"]),
            "expires_at": moment(row["expires_at"]),
            "used_at": moment_or_none(row["used_at"]),
        }
    )
