"""`harbor keys`: the secret keys of a workspace, or of the whole organization."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

import click
from click.core import ParameterSource

from harbor.cli.options import Session, idempotency_option, with_session
from harbor.cli.options_lists import Listing, page_options
from harbor.cli.options_values import moment

if TYPE_CHECKING:
    from harbor_sdk import ApiKey

COLUMNS: Final = ("id", "name", "prefix", "last4", "scopes", "expires_at", "last_used_at", "created_at")
OVERLAP_S_MAX: Final = 604_800

organization_option = click.option(
    "--organization",
    "of_organization",
    is_flag=True,
    help="Keys that reach all workspaces of an environment, instead of those of one workspace.",
)
environment_option = click.option(
    "--environment",
    type=click.Choice(["production", "sandbox"]),
    help="With --organization: in which environment.",
)


@click.group()
def keys() -> None:
    """Secret keys, for programs that call the API. Takes an admin key.

    A key of one workspace is for sending and reading. A key of the organization (--organization) is for administration,
    or for programs that work in many workspaces.

    \b
    Example:
      harbor keys create --name ci --scope events:write
    """


@keys.command("list")
@organization_option
@environment_option
@page_options
@with_session(admin=True, workspace=True)
def list_(session: Session, *, of_organization: bool, environment: str | None, listing: Listing) -> None:
    """List the keys of a workspace, or with --organization those of the organization, without their secrets.

    \b
    Example:
      harbor keys list --workspace ws_01j8yxw2v3t4s5r6q7p8n9m0k1
      harbor keys list --organization --environment sandbox
    """
    admin = session.harbor.admin
    if _is_for_organization(of_organization, environment):
        found = listing.fetch(admin.organization_keys.list, environment=environment)
        session.out.table(found, ("id", "name", "environment", *COLUMNS[2:]))
        return
    session.out.table(listing.fetch(admin.api_keys.list, session.workspace()), COLUMNS)


@keys.command()
@click.option("--name", required=True, help="What the key is for.")
@click.option("--scope", "scopes", multiple=True, help="What it may do, such as events:write; repeatable. Else: all.")
@click.option("--expires-at", type=moment, help="When it ends; never when not given.")
@click.option("--rate-limit", metavar="QUOTA:BURST", help="Requests a minute and at once, instead of the usual.")
@click.option("--allowed-cidr", "allowed_cidrs", multiple=True, metavar="CIDR", help="Only from here; repeatable.")
@organization_option
@environment_option
@idempotency_option
@with_session(admin=True, workspace=True)
def create(
    session: Session,
    *,
    name: str,
    scopes: tuple[str, ...],
    expires_at: str | None,
    rate_limit: str | None,
    allowed_cidrs: tuple[str, ...],
    of_organization: bool,
    environment: str | None,
    idempotency_key: str | None,
) -> None:
    """Make a key for a workspace, or with --organization for all of an environment; print its secret this once.

    \b
    Example:
      harbor keys create --name ci --scope events:write --expires-at 2027-01-01T00:00:00Z
      harbor keys create --organization --environment sandbox --name operators --scope workspaces:manage
    """
    admin = session.harbor.admin
    make: Callable[..., ApiKey]
    if _is_for_organization(of_organization, environment):
        make = partial(admin.organization_keys.create, environment=environment)
    else:
        make = partial(admin.api_keys.create, session.workspace())
    key = make(
        name=name,
        scopes=list(scopes) or None,
        expires_at=expires_at,
        rate_limit=rate_limit,
        allowed_cidrs=list(allowed_cidrs) or None,
        idempotency_key=idempotency_key,
    )
    session.out.record(key.to_dict())
    session.out.note("Keep the secret now: it is not shown again.")


@keys.command()
@click.argument("key_id")
@with_session(admin=True)
def revoke(session: Session, *, key_id: str) -> None:
    """End a key, at once and for good.

    \b
    Example:
      harbor keys revoke key_01j8z0c3v5m7k9q1r2s4t6w8xy
    """
    session.harbor.admin.api_keys.revoke(key_id)
    session.out.record({"id": key_id, "revoked": True})


@keys.command()
@click.argument("key_id")
@click.option(
    "--expire-old-in-seconds",
    type=click.IntRange(0, OVERLAP_S_MAX),
    help="How long the old key still works; a day when not given.",
)
@idempotency_option
@with_session(admin=True)
def roll(session: Session, *, key_id: str, expire_old_in_seconds: int | None, idempotency_key: str | None) -> None:
    """Make a successor with the same scopes, and print its secret this once. The old key ends later.

    \b
    Example:
      harbor keys roll key_01j8z0c3v5m7k9q1r2s4t6w8xy --expire-old-in-seconds 3600
    """
    key = session.harbor.admin.api_keys.roll(
        key_id, expire_old_in_seconds=expire_old_in_seconds, idempotency_key=idempotency_key
    )
    session.out.record(key.to_dict())
    session.out.note("Keep the secret now: it is not shown again.")


def _is_for_organization(of_organization: bool, environment: str | None) -> bool:
    """Raises `click.UsageError` for options that belong to the other kind of key."""
    if not of_organization and environment is not None:
        raise click.UsageError("--environment goes with --organization; a workspace has its own.")
    if of_organization and _is_typed("named_workspace"):
        raise click.UsageError("--workspace and --organization exclude each other.")
    return of_organization


def _is_typed(parameter: str) -> bool:
    # HARBOR_WORKSPACE may be set for other commands, and says nothing here.
    return click.get_current_context().get_parameter_source(parameter) is ParameterSource.COMMANDLINE
