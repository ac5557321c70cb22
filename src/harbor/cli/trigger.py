"""`harbor trigger`: an event with a sample payload, to see what happens."""

from __future__ import annotations

import secrets
from typing import Any

import click

from harbor.cli.options import Session, idempotency_option, with_session
from harbor.cli.options_values import json_object


@click.command()
@click.argument("type_", metavar="TYPE")
@click.option("--payload", type=json_object, metavar="JSON|@FILE|-", help="Fields to set or replace in the sample.")
@idempotency_option
@with_session(workspace=True)
def trigger(session: Session, *, type_: str, payload: dict[str, Any] | None, idempotency_key: str | None) -> None:
    """Create an event of TYPE with a sample payload.

    The sample is the example of the workspace's catalogue of event types where it has one; else an object made up from
    the words of TYPE.

    \b
    Example:
      harbor trigger order.shipped --payload '{"carrier": "dhl"}'
    """
    workspace_id = session.workspace()
    sample = _example(session, type_, workspace_id) or made_up(type_)
    event = session.harbor.events.create(
        workspace_id=workspace_id, type=type_, payload=sample | (payload or {}), idempotency_key=idempotency_key
    )
    session.out.record(event.to_dict())


def made_up(type_: str) -> dict[str, Any]:
    """A payload for a type nobody described: `order.shipped` gives an `order_id` and a `status`."""
    noun, *rest = type_.split(".")
    return {f"{noun}_id": f"{noun[:3]}_{secrets.token_hex(4)}", "status": rest[-1] if rest else noun, "sample": True}


def _example(session: Session, type_: str, workspace_id: str) -> dict[str, Any] | None:
    from harbor_sdk import InvalidRequestError, NotFoundError, PermissionDeniedError

    try:
        example = session.harbor.event_types.retrieve(type_, workspace_id=workspace_id).example
    except (NotFoundError, PermissionDeniedError, InvalidRequestError):
        # No entry, or a key that may write events and not read. A type that is no type is refused with the event.
        return None
    return example if isinstance(example, dict) else None
