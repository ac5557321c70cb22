"""`harbor events`: create, list, show and follow a workspace's events."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

import click

from harbor.cli.options import Session, idempotency_option, with_session
from harbor.cli.options_lists import Listing, list_options
from harbor.cli.options_values import json_object
from harbor.cli.output import plain

COLUMNS: Final = ("id", "type", "created_at", "payload")


@click.group()
def events() -> None:
    """Events: facts, written once and delivered to every endpoint that asked for their type.

    \b
    Example:
      harbor events list --type 'order.*' --limit 5
    """


@events.command()
@click.argument("type_", metavar="TYPE")
@click.option(
    "--payload", type=json_object, metavar="JSON|@FILE|-", required=True, help="The event's own data, an object."
)
@idempotency_option
@with_session(workspace=True)
def create(session: Session, *, type_: str, payload: dict[str, Any], idempotency_key: str | None) -> None:
    """Create an event of TYPE. It is durable when the command returns.

    \b
    Example:
      harbor events create order.shipped --payload '{"order_id": "ord_77"}'
      harbor events create order.shipped --payload @order.json --idempotency-key ord_77-shipped
    """
    event = session.harbor.events.create(
        workspace_id=session.workspace(), type=type_, payload=payload, idempotency_key=idempotency_key
    )
    session.out.record(event.to_dict())


@events.command("list")
@click.option("--type", "types", multiple=True, metavar="FILTER", help="Exact type, 'order.*' or '*'; repeatable.")
@list_options
@with_session(workspace=True)
def list_(session: Session, *, types: tuple[str, ...], listing: Listing) -> None:
    """List events, newest first. Without --type these are the workspace's own, not the platform's.

    \b
    Example:
      harbor events list --type 'order.*' --created-after 2h --json
    """
    found = listing.fetch(session.harbor.events.list, workspace_id=session.workspace(), type=types or None)
    session.out.table(found, COLUMNS)


@events.command()
@click.argument("event_id")
@with_session()
def get(session: Session, *, event_id: str) -> None:
    """Show one event.

    \b
    Example:
      harbor events get evt_01j8z0c3t4e6g8h0j2k4m6n8pq
    """
    session.out.record(session.harbor.events.retrieve(event_id).to_dict())


@events.command()
@click.option("--type", "types", multiple=True, metavar="FILTER", help="Exact type, 'order.*' or '*'; repeatable.")
@click.option("--last-event-id", metavar="EVENT_ID", help="Begin behind this event instead of now.")
@click.option("--limit", type=click.IntRange(min=1), help="End after so many events.")
@with_session(workspace=True)
def tail(session: Session, *, types: tuple[str, ...], last_event_id: str | None, limit: int | None) -> None:
    """Follow events as they happen, one line each (with --json one JSON object a line), until Ctrl-C.

    After a lost connection it goes on where it stopped.

    \b
    Example:
      harbor events tail --type 'order.*' --json | jq .payload
    """
    workspace_id = session.workspace()
    stream = session.harbor.events.stream(
        workspace_id=workspace_id, type=list(types) or None, last_event_id=last_event_id
    )
    session.out.note(f"Following events of {workspace_id}; Ctrl-C ends.")
    try:
        with stream:
            for event in islice(stream, limit):
                item = event.to_dict()
                session.out.line(item, "  ".join(plain(item[name]) for name in ("created_at", "id", "type", "payload")))
    except KeyboardInterrupt:
        session.out.note("Ended.")
