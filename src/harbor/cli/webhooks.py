"""`harbor webhooks`: endpoints, their secrets, their tests, and what to do after an outage."""

from __future__ import annotations

from typing import Any, Final

import click

from harbor.cli.options import Session, idempotency_option, with_session
from harbor.cli.options_lists import Listing, list_options
from harbor.cli.options_values import json_object, moment
from harbor.cli.output import Failure
from harbor.cli.webhooks_edit import create, update
from harbor.cli.webhooks_verify import verify

COLUMNS: Final = ("id", "url", "status", "events", "description", "created_at")
GRACE_S_MAX: Final = 604_800


@click.group()
def webhooks() -> None:
    """Webhook endpoints: where events are delivered, and which.

    \b
    Example:
      harbor webhooks create https://hooks.example.com/harbor --event 'order.*'
    """


webhooks.add_command(create)
webhooks.add_command(update)
webhooks.add_command(verify)


@webhooks.command("list")
@click.option("--status", type=click.Choice(["active", "disabled"]), help="Only endpoints in this state.")
@list_options
@with_session(workspace=True)
def list_(session: Session, *, status: str | None, listing: Listing) -> None:
    """List the endpoints of a workspace, newest first.

    \b
    Example:
      harbor webhooks list --status disabled
    """
    found = listing.fetch(session.harbor.webhooks.list, workspace_id=session.workspace(), status=status)
    session.out.table(found, COLUMNS)


@webhooks.command()
@click.argument("webhook_id")
@with_session()
def get(session: Session, *, webhook_id: str) -> None:
    """Show one endpoint. Its secret is never shown again.

    \b
    Example:
      harbor webhooks get wh_01j8z0a1b2c3d4e5f6g7h8j9k0
    """
    session.out.record(session.harbor.webhooks.retrieve(webhook_id).to_dict())


@webhooks.command()
@click.argument("webhook_id")
@with_session()
def delete(session: Session, *, webhook_id: str) -> None:
    """Delete an endpoint. Outstanding deliveries are canceled, the history stays.

    \b
    Example:
      harbor webhooks delete wh_01j8z0a1b2c3d4e5f6g7h8j9k0
    """
    session.harbor.webhooks.delete(webhook_id)
    session.out.record({"id": webhook_id, "deleted": True})


@webhooks.command("rotate-secret")
@click.argument("webhook_id")
@click.option(
    "--grace-period-seconds",
    type=click.IntRange(0, GRACE_S_MAX),
    help="How long the old secret signs too; a day when not given.",
)
@click.option("--secret", metavar="WHSEC", help="Your own new secret instead of a fresh one.")
@idempotency_option
@with_session()
def rotate_secret(
    session: Session,
    *,
    webhook_id: str,
    grace_period_seconds: int | None,
    secret: str | None,
    idempotency_key: str | None,
) -> None:
    """Give an endpoint a new signing secret, and print it this once.

    \b
    Example:
      harbor webhooks rotate-secret wh_01j8z0a1b2c3d4e5f6g7h8j9k0 --grace-period-seconds 3600
    """
    rotated = session.harbor.webhooks.rotate_secret(
        webhook_id, grace_period_seconds=grace_period_seconds, secret=secret, idempotency_key=idempotency_key
    )
    session.out.record(rotated.to_dict())
    session.out.note("Keep the secret now: it is not shown again.")


@webhooks.command()
@click.argument("webhook_id")
@click.option("--event-type", metavar="TYPE", help="Type in the envelope; harbor.test when not given.")
@click.option("--payload", type=json_object, metavar="JSON|@FILE|-", help="Payload in the envelope.")
@idempotency_option
@with_session()
def test(
    session: Session,
    *,
    webhook_id: str,
    event_type: str | None,
    payload: dict[str, Any] | None,
    idempotency_key: str | None,
) -> None:
    """Send a signed test delivery and show what came back. Ends with 1 when the endpoint did not take it.

    \b
    Example:
      harbor webhooks test wh_01j8z0a1b2c3d4e5f6g7h8j9k0 --event-type order.shipped
    """
    attempt = session.harbor.webhooks.test(
        webhook_id, event_type=event_type, payload=payload, idempotency_key=idempotency_key
    )
    session.out.record(attempt.to_dict())
    if attempt.error is not None:
        answer = "no answer" if attempt.response_status is None else f"HTTP {attempt.response_status}"
        raise Failure(
            f"The endpoint did not take the test delivery: {attempt.error} ({answer}).",
            hint="Mend the endpoint and test again; `harbor webhooks verify` checks a saved request's signature.",
            code="test_failed",
        )


@webhooks.command()
@click.argument("webhook_id")
@click.option("--since", type=moment, help="Beginning of the time looked at, at most 30 days ago.")
@with_session()
def stats(session: Session, *, webhook_id: str, since: str | None) -> None:
    """Show how an endpoint fares: counts, share of successes, latencies.

    \b
    Example:
      harbor webhooks stats wh_01j8z0a1b2c3d4e5f6g7h8j9k0 --since 7d
    """
    session.out.record(session.harbor.webhooks.stats(webhook_id, since=since).to_dict())


@webhooks.command()
@click.argument("webhook_id")
@click.option("--since", type=moment, required=True, help="Beginning of the outage.")
@click.option("--until", type=moment, help="End of the outage; now when not given.")
@click.option("--include", type=click.Choice(["failed", "skipped"]), multiple=True, help="Which ones; both by default.")
@idempotency_option
@with_session()
def recover(
    session: Session,
    *,
    webhook_id: str,
    since: str,
    until: str | None,
    include: tuple[str, ...],
    idempotency_key: str | None,
) -> None:
    """Queue again what an endpoint missed, in the order it happened.

    \b
    Example:
      harbor webhooks recover wh_01j8z0a1b2c3d4e5f6g7h8j9k0 --since 6h --include failed
    """
    recovery = session.harbor.webhooks.recover(
        webhook_id, since=since, until=until, include=list(include) or None, idempotency_key=idempotency_key
    )
    session.out.record(recovery.to_dict())
