"""`harbor workspaces`: the workspaces of the organization."""

from __future__ import annotations

from typing import Final

import click

from harbor.cli.options import Session, idempotency_option, with_session
from harbor.cli.options_lists import Listing, page_options

COLUMNS: Final = ("id", "name", "environment", "status", "suspension_reason", "created_at")
ENVIRONMENTS: Final = ("production", "sandbox")


@click.group()
def workspaces() -> None:
    """Workspaces: the boundary around events, webhooks and keys. Takes an admin key.

    \b
    Example:
      harbor workspaces create Fulfilment --environment sandbox
    """


@workspaces.command("list")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), help="Only workspaces of this one.")
@click.option("--status", type=click.Choice(["active", "suspended", "archived"]), help="Only workspaces in this state.")
@page_options
@with_session(admin=True)
def list_(session: Session, *, environment: str | None, status: str | None, listing: Listing) -> None:
    """List the workspaces of the organization, of both environments unless one is named.

    \b
    Example:
      harbor workspaces list --environment production
    """
    found = listing.fetch(session.harbor.admin.workspaces.list, environment=environment, status=status)
    session.out.table(found, COLUMNS)


@workspaces.command()
@click.argument("name")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), help="production when not given.")
@idempotency_option
@with_session(admin=True)
def create(session: Session, *, name: str, environment: str | None, idempotency_key: str | None) -> None:
    """Make a workspace called NAME.

    \b
    Example:
      harbor workspaces create Fulfilment --environment sandbox
    """
    found = session.harbor.admin.workspaces.create(name=name, environment=environment, idempotency_key=idempotency_key)
    session.out.record(found.to_dict())


@workspaces.command()
@click.argument("workspace_id")
@with_session(admin=True)
def get(session: Session, *, workspace_id: str) -> None:
    """Show one workspace.

    \b
    Example:
      harbor workspaces get ws_01j8yxw2v3t4s5r6q7p8n9m0k1
    """
    session.out.record(session.harbor.admin.workspaces.retrieve(workspace_id).to_dict())


@workspaces.command()
@click.argument("workspace_id")
@click.option("--reason", type=click.Choice(["manual", "billing", "policy"]), help="policy stops reads as well.")
@idempotency_option
@with_session(admin=True)
def suspend(session: Session, *, workspace_id: str, reason: str | None, idempotency_key: str | None) -> None:
    """Stop writes and pause deliveries.

    \b
    Example:
      harbor workspaces suspend ws_01j8yxw2v3t4s5r6q7p8n9m0k1 --reason billing
    """
    found = session.harbor.admin.workspaces.suspend(workspace_id, reason=reason, idempotency_key=idempotency_key)
    session.out.record(found.to_dict())


@workspaces.command()
@click.argument("workspace_id")
@idempotency_option
@with_session(admin=True)
def activate(session: Session, *, workspace_id: str, idempotency_key: str | None) -> None:
    """End a suspension; paused deliveries go on.

    \b
    Example:
      harbor workspaces activate ws_01j8yxw2v3t4s5r6q7p8n9m0k1
    """
    found = session.harbor.admin.workspaces.activate(workspace_id, idempotency_key=idempotency_key)
    session.out.record(found.to_dict())


@workspaces.command()
@click.argument("workspace_id")
@idempotency_option
@with_session(admin=True)
def archive(session: Session, *, workspace_id: str, idempotency_key: str | None) -> None:
    """Close a workspace: it stays readable, and outstanding deliveries are canceled.

    \b
    Example:
      harbor workspaces archive ws_01j8yxw2v3t4s5r6q7p8n9m0k1
    """
    found = session.harbor.admin.workspaces.archive(workspace_id, idempotency_key=idempotency_key)
    session.out.record(found.to_dict())
