"""`harbor webhooks create` and `update`: an endpoint's fields as options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from harbor.cli.options import Session, idempotency_option, with_session
from harbor.cli.options_values import json_object, pair

# Fields whose absence means something; an option cannot say null.
CLEARABLE: Final = ("description", "filter", "rate-limit")


def field_options(command: Callable[..., None]) -> Callable[..., None]:
    """The fields that can be set when an endpoint is created and changed later."""
    options = (
        click.option("--event", "events", multiple=True, metavar="FILTER", help="Exact type or 'order.*'; repeatable."),
        click.option("--description", metavar="TEXT", help="For people."),
        click.option(
            "--metadata",
            type=pair,
            metavar="NAME=VALUE",
            multiple=True,
            help="For programs; repeatable. Replaces all pairs.",
        ),
        click.option(
            "--header",
            "headers",
            type=pair,
            metavar="NAME=VALUE",
            multiple=True,
            help="Fixed request header; repeatable.",
        ),
        click.option(
            "--filter",
            "filter_",
            type=json_object,
            metavar="JSON|@FILE|-",
            help="Only events whose payload fits this predicate.",
        ),
        click.option("--rate-limit", type=click.IntRange(1, 1000), help="Deliveries a second."),
        click.option("--ordering", type=click.Choice(["none", "strict"]), help="Whether one waits for another."),
        click.option("--signature-format", type=click.Choice(["timestamped", "hex"]), help="Of Harbor-Signature."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("url")
@field_options
@click.option("--secret", metavar="WHSEC", help="Your own signing secret instead of a fresh one.")
@idempotency_option
@with_session(workspace=True)
def create(session: Session, /, *, url: str, secret: str | None, idempotency_key: str | None, **fields: Any) -> None:
    """Register the endpoint at URL, and print its signing secret this once.

    \b
    Example:
      harbor webhooks create https://hooks.example.com/harbor --event order.shipped --event 'invoice.*'
    """
    given = _given(fields)
    if "events" not in given:
        raise click.UsageError("Give at least one --event, such as order.shipped, 'order.*' or '*'.")
    endpoint = session.harbor.webhooks.create(
        workspace_id=session.workspace(), url=url, secret=secret, idempotency_key=idempotency_key, **given
    )
    session.out.record(endpoint.to_dict())
    if endpoint.secret:
        session.out.note("Keep the secret now: it is not shown again.")


@click.command()
@click.argument("webhook_id")
@click.option("--url", metavar="URL", help="Where deliveries go from now on.")
@click.option("--status", type=click.Choice(["active", "disabled"]), help="Enable or pause the endpoint.")
@field_options
@click.option("--clear", type=click.Choice(CLEARABLE), multiple=True, help="Take a field away; repeatable.")
@with_session()
def update(
    session: Session, /, *, webhook_id: str, url: str | None, status: str | None, clear: tuple[str, ...], **fields: Any
) -> None:
    """Change what is given of an endpoint; the rest stays.

    \b
    Example:
      harbor webhooks update wh_01j8z0a1b2c3d4e5f6g7h8j9k0 --status active --clear rate-limit
    """
    given = _given({"url": url, "status": status, **fields})
    cleared = {name.replace("-", "_") for name in clear}
    if twice := sorted(cleared & given.keys()):
        raise click.UsageError(f"{twice[0].replace('_', '-')} is both set and cleared.")
    if not given and not cleared:
        raise click.UsageError("Nothing to change: give a field, such as --status active.")
    given |= dict.fromkeys(cleared)
    endpoint = session.harbor.webhooks.update(webhook_id, **given)
    session.out.record(endpoint.to_dict())


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that were given, under the names and in the form of the wire."""
    found: dict[str, Any] = {}
    for name, value in fields.items():
        if value is None or value == ():
            continue
        if name in ("metadata", "headers"):
            value = dict(value)
        elif isinstance(value, tuple):
            value = list(value)
        found[name.removesuffix("_")] = value
    return found
