"""`harbor deliveries`: what went where, how it ended, and sending it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from harbor.cli.options import Session, idempotency_option, with_session
from harbor.cli.options_lists import Listing, created_options, list_options, page_options

COLUMNS: Final = (
    "id", "event_type", "status", "attempt_count", "last_response_status", "last_error", "webhook_id", "event_id",
    "created_at",
)  # fmt: skip
ATTEMPT_COLUMNS: Final = ("number", "trigger", "started_at", "duration_ms", "response_status", "error", "response_body")
STATUSES: Final = ("pending", "retrying", "delivered", "failed", "canceled", "skipped", "paused")


@click.group()
def deliveries() -> None:
    """Deliveries: one event on its way to one endpoint, attempt by attempt.

    \b
    Example:
      harbor deliveries list --status failed
    """


def filter_options(command: Callable[..., None]) -> Callable[..., None]:
    """What deliveries can be narrowed by; all given filters must hold."""
    wrapped = click.option("--response-status", type=click.IntRange(100, 599), help="Last answer of the endpoint.")(
        command
    )
    wrapped = click.option("--status", type=click.Choice(STATUSES), help="Where the delivery stands.")(wrapped)
    wrapped = click.option("--event-type", metavar="TYPE", help="Type of the event.")(wrapped)
    wrapped = click.option("--event-id", metavar="EVENT_ID", help="One event.")(wrapped)
    return click.option("--webhook-id", metavar="WEBHOOK_ID", help="One endpoint.")(wrapped)


@deliveries.command("list")
@filter_options
@list_options
@with_session(workspace=True)
def list_(session: Session, /, *, listing: Listing, **filters: Any) -> None:
    """List deliveries, newest first.

    \b
    Example:
      harbor deliveries list --webhook-id wh_01j8z0a1b2c3d4e5f6g7h8j9k0 --status failed --created-after 1d
    """
    found = listing.fetch(session.harbor.deliveries.list, workspace_id=session.workspace(), **filters)
    session.out.table(found, COLUMNS)


@deliveries.command()
@click.argument("delivery_id")
@with_session()
def get(session: Session, *, delivery_id: str) -> None:
    """Show a delivery with its latest attempts and the exact body that is sent.

    \b
    Example:
      harbor deliveries get del_01j8z0c3v5m7k9q1r2s4t6w8xy
    """
    found = session.harbor.deliveries.retrieve(delivery_id)
    session.out.record(found.to_dict(), tables={"attempts": ATTEMPT_COLUMNS})


@deliveries.command()
@click.argument("delivery_id")
@page_options
@with_session()
def attempts(session: Session, *, delivery_id: str, listing: Listing) -> None:
    """List the attempts of a delivery, oldest first, with what the endpoint answered.

    \b
    Example:
      harbor deliveries attempts del_01j8z0c3v5m7k9q1r2s4t6w8xy --json
    """
    session.out.table(listing.fetch(session.harbor.deliveries.attempts, delivery_id), ATTEMPT_COLUMNS)


@deliveries.command()
@click.argument("delivery_id")
@idempotency_option
@with_session()
def replay(session: Session, *, delivery_id: str, idempotency_key: str | None) -> None:
    """Send a delivery again: the same body, signed anew. The endpoint must be active.

    \b
    Example:
      harbor deliveries replay del_01j8z0c3v5m7k9q1r2s4t6w8xy
    """
    found = session.harbor.deliveries.replay(delivery_id, idempotency_key=idempotency_key)
    session.out.record(found.to_dict())


@deliveries.command("replay-many")
@filter_options
@created_options
@click.option("--all", "is_all", is_flag=True, help="Take in every delivery of the workspace, without a filter.")
@click.option("--dry-run", is_flag=True, help="Only count.")
@idempotency_option
@with_session(workspace=True)
def replay_many(
    session: Session, /, *, is_all: bool, dry_run: bool, idempotency_key: str | None, **filters: Any
) -> None:
    """Send again all deliveries that match; count them first with --dry-run.

    \b
    Example:
      harbor deliveries replay-many --status failed --created-after 2h --dry-run
    """
    if not is_all and all(value is None for value in filters.values()):
        raise click.UsageError("Give at least one filter, or --all for every delivery of the workspace.")
    found = session.harbor.deliveries.replay_many(
        workspace_id=session.workspace(), dry_run=dry_run, idempotency_key=idempotency_key, **filters
    )
    session.out.record(found.to_dict())


@deliveries.command()
@click.argument("delivery_id")
@idempotency_option
@with_session()
def cancel(session: Session, *, delivery_id: str, idempotency_key: str | None) -> None:
    """Call off a delivery that is still pending or retrying.

    \b
    Example:
      harbor deliveries cancel del_01j8z0c3v5m7k9q1r2s4t6w8xy
    """
    found = session.harbor.deliveries.cancel(delivery_id, idempotency_key=idempotency_key)
    session.out.record(found.to_dict())
