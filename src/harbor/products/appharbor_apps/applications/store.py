"""Tables `appharbor_applications` and `appharbor_slug_holds`."""

from __future__ import annotations

from harbor.kernel.clock import micros, moment
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.storage.where import Where
from harbor.products.appharbor_apps.applications.model import Application

_CHANGEABLE = """name = :name, tracking_branch = :tracking_branch, environment_name = :environment_name,
    precompilation = :precompilation, build_command = :build_command, test_command = :test_command,
    health_check_path = :health_check_path, fail_on_test_failure = :fail_on_test_failure,
    is_file_system_writable = :is_file_system_writable, build_token = :build_token,
    build_token_digest = :build_token_digest, live_build_id = :live_build_id, deploying_build_id = :deploying_build_id,
    wanted_build_id = :wanted_build_id, updated_at = :updated_at"""


def insert(tx: Tx, account_id: str, application: Application) -> None:
    """Add an application. Raises `Conflict` if its slug is somebody's."""
    tx.run(
        """
        INSERT INTO appharbor_applications (account_id, id, slug, name, region, person_id, tracking_branch, environment_name,
            precompilation, build_command, test_command, health_check_path, fail_on_test_failure, is_file_system_writable,
            build_token, build_token_digest, live_build_id, deploying_build_id, wanted_build_id, created_at, updated_at)
        VALUES (:account_id, :id, :slug, :name, :region, :person_id, :tracking_branch, :environment_name,
            :precompilation, :build_command, :test_command, :health_check_path, :fail_on_test_failure,
            :is_file_system_writable, :build_token, :build_token_digest, :live_build_id, :deploying_build_id,
            :wanted_build_id, :created_at, :updated_at)
        """,
        account_id=account_id,
        id=application.id,
        slug=application.slug,
        region=application.region,
        person_id=application.person_id,
        created_at=micros(application.created_at),
        **_changeable(application),
    )


def put(tx: Tx, account_id: str, application: Application) -> None:
    """Write everything that may change about an application."""
    tx.run(
        f"UPDATE appharbor_applications SET {_CHANGEABLE} WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=application.id,
        **_changeable(application),
    )


def find(tx: Tx, account_id: str, application_id: int) -> Application | None:
    """One application of an account."""
    row = tx.row(
        "SELECT * FROM appharbor_applications WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=application_id,
    )
    return _application(row) if row else None


def is_any(tx: Tx) -> bool:
    """Whether the installation has an application."""
    return tx.row("SELECT 1 AS found FROM appharbor_applications LIMIT 1") is not None


def by_slug(tx: Tx, slug: str) -> Application | None:
    """The application with this slug, of whatever account: who asks has to check the membership."""
    row = tx.row("SELECT * FROM appharbor_applications WHERE slug = :slug", slug=slug)
    return _application(row) if row else None


def by_name(tx: Tx, account_id: str, *, person_id: str | None = None) -> list[Application]:
    """The applications of an account, or of one person there, by name."""
    where = Where(account_id=account_id).equal(person_id=person_id)
    rows = tx.rows(f"SELECT * FROM appharbor_applications {where} ORDER BY name, id", **where.values)
    return [_application(row) for row in rows]


def shared_with(tx: Tx, account_id: str, person_id: str) -> list[Application]:
    """The applications a person collaborates on, in whatever account; `account_id` is the person's own."""
    assert account_id, person_id
    rows = tx.rows(
        """
        SELECT a.* FROM appharbor_applications a
        JOIN appharbor_collaborators c ON c.account_id = a.account_id AND c.application_id = a.id
        WHERE c.person_id = :person_id
        ORDER BY a.name, a.id
        """,  # appharbor_collaborators_by_person
        person_id=person_id,
    )
    return [_application(row) for row in rows]


def count(tx: Tx, account_id: str) -> int:
    """How many applications an account has."""
    row = tx.row(
        "SELECT count(*) AS n FROM appharbor_applications WHERE account_id = :account_id", account_id=account_id
    )
    assert row is not None
    return int(row["n"])


def role_of(tx: Tx, account_id: str, application_id: int, person_id: str) -> str | None:
    """The role of a person who collaborates."""
    row = tx.row(
        """
        SELECT role FROM appharbor_collaborators
        WHERE person_id = :person_id AND application_id = :application_id AND account_id = :account_id
        """,
        account_id=account_id,
        application_id=application_id,
        person_id=person_id,
    )
    return row["role"] if row else None


def delete(tx: Tx, account_id: str, application_id: int) -> None:
    """Remove an application's row."""
    tx.run(
        "DELETE FROM appharbor_applications WHERE account_id = :account_id AND id = :id",
        account_id=account_id,
        id=application_id,
    )


def hold(tx: Tx, account_id: str, slug: str, until_us: int) -> None:
    """Keep a slug for its account until a moment."""
    tx.run(
        """
        INSERT INTO appharbor_slug_holds (account_id, slug, held_until) VALUES (:account_id, :slug, :until)
        ON CONFLICT (account_id, slug) DO UPDATE SET held_until = :until
        """,
        account_id=account_id,
        slug=slug,
        until=until_us,
    )


def is_held(tx: Tx, account_id: str, slug: str) -> bool:
    """Whether the slug is kept for another account."""
    row = tx.row(
        """
        SELECT 1 AS held FROM appharbor_slug_holds
        WHERE slug = :slug AND held_until > :now AND account_id <> :account_id LIMIT 1
        """,
        account_id=account_id,
        slug=slug,
        now=tx.now_us,
    )
    return row is not None


def _changeable(application: Application) -> dict[str, object]:
    return {
        "name": application.name,
        "tracking_branch": application.tracking_branch,
        "environment_name": application.environment_name,
        "precompilation": int(application.precompilation),
        "build_command": application.build_command,
        "test_command": application.test_command,
        "health_check_path": application.health_check_path,
        "fail_on_test_failure": int(application.fail_on_test_failure),
        "is_file_system_writable": int(application.is_file_system_writable),
        "build_token": application.sealed_build_token,
        "build_token_digest": application.build_token_digest,
        "live_build_id": application.live_build_id,
        "deploying_build_id": application.deploying_build_id,
        "wanted_build_id": application.wanted_build_id,
        "updated_at": micros(application.updated_at),
    }


def _application(row: Row) -> Application:
    return Application(
        account_id=row["account_id"],
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        region=row["region"],
        person_id=row["person_id"],
        tracking_branch=row["tracking_branch"],
        environment_name=row["environment_name"],
        precompilation=bool(row["precompilation"]),
        build_command=row["build_command"],
        test_command=row["test_command"],
        health_check_path=row["health_check_path"],
        fail_on_test_failure=bool(row["fail_on_test_failure"]),
        is_file_system_writable=bool(row["is_file_system_writable"]),
        sealed_build_token=row["build_token"],
        build_token_digest=row["build_token_digest"],
        live_build_id=row["live_build_id"],
        deploying_build_id=row["deploying_build_id"],
        wanted_build_id=row["wanted_build_id"],
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
    )
