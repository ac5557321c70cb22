"""`harbor listen`: a workspace's events, delivered to a server on one's own desk.

Each event that the stream brings is put into a delivery envelope, signed with a secret of this session and sent to the
local address, as a webhook endpoint would get it. Nothing is registered and nothing is sent twice.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click

from harbor.cli.options import Session, with_session
from harbor.cli.output import plain

if TYPE_CHECKING:
    from harbor.cli.listen_forward import Reply

TIMEOUT_S: Final = 10.0  # as long as a registered endpoint gets


@click.command()
@click.option("--forward-to", required=True, metavar="URL", help="Local address, such as localhost:4000/webhooks.")
@click.option("--type", "types", multiple=True, metavar="FILTER", help="Exact type, 'order.*' or '*'; repeatable.")
@click.option(
    "--secret",
    metavar="WHSEC",
    help="Signing secret of the session; a fresh one when not given.",
)
@click.option("--last-event-id", metavar="EVENT_ID", help="Begin behind this event instead of now.")
@click.option("--limit", type=click.IntRange(min=1), help="End after so many events.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True, max=60),
    default=TIMEOUT_S,
    show_default=True,
    metavar="SECONDS",
    help="How long the local server may take.",
)
@with_session(workspace=True)
def listen(
    session: Session,
    *,
    forward_to: str,
    types: tuple[str, ...],
    secret: str | None,
    last_event_id: str | None,
    limit: int | None,
    timeout: float,
) -> None:
    """Deliver a workspace's events to a local server, signed, one line a reply, until Ctrl-C.

    The secret is printed first: give it to the local server as its signing secret. With --json the first line is the
    session, every further line a reply.

    \b
    Example:
      harbor listen --forward-to localhost:4000/webhooks --type 'order.*'
    """
    from harbor.cli.listen_forward import Forwarder
    from harbor.kernel.errors import Invalid
    from harbor.kernel.webhooks.signing import check_secret, new_secret

    url = read_url(forward_to)
    try:
        secret = check_secret(secret) if secret else new_secret()
    except Invalid as refused:
        raise click.UsageError(refused.message) from refused
    workspace_id = session.workspace()
    # Everything behind the newest event there is now: nothing is missed between "Ready" and the first connection.
    start = last_event_id or _newest_event(session, workspace_id)
    stream = session.harbor.events.stream(workspace_id=workspace_id, type=list(types) or None, last_event_id=start)
    session.out.line(
        {"type": "session", "secret": secret, "workspace_id": workspace_id, "forward_to": url, "last_event_id": start},
        f"Ready: events of {plain(workspace_id)} go to {plain(url)}, signed with {secret}",
    )
    try:
        with stream, Forwarder(url, secret, timeout_s=timeout) as forwarder:
            for event in islice(stream, limit):
                reply = forwarder.forward(event)
                session.out.line(reply.to_dict(), _line(reply))
    except KeyboardInterrupt:
        session.out.note("Ended.")


def read_url(text: str) -> str:
    """The address to forward to; `localhost:4000/hook` means http. Raises `click.UsageError` for what is no address."""
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_address = False
    if not is_address:
        raise click.UsageError(f"--forward-to {text!r} is no http address; write for example localhost:4000/webhooks.")
    return url


def _newest_event(session: Session, workspace_id: str) -> str | None:
    page = session.harbor.events.list(workspace_id=workspace_id, limit=1)
    return page.data[0].id if page.data else None


def _line(reply: Reply) -> str:
    outcome = f"{reply.status}" if reply.status is not None else "no reply"
    parts = [f"{outcome} in {reply.duration_ms} ms", plain(reply.event_type), plain(reply.event_id)]
    parts += [plain(reply.text)] if reply.text else []
    return "  ".join(parts)
