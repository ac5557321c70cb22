"""What the doctor can see of a running server from outside, and with the admin key from inside."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography import x509

import harbor
from harbor.cli import doctor_model as model
from harbor.cli.backup_remote import admin_session
from harbor.cli.doctor_model import Check, failed, passed, warning
from harbor.cli.options import Session, origin_of
from harbor.cli.output import Failure, Output

_TIMEOUT_S = 10.0


def examine(host: str, key: str | None, out: Output) -> Iterator[Check]:
    """The checks, as far as they can be made."""
    origin = origin_of(host)
    if origin.startswith("https://"):
        yield from _certificate(origin)
    with httpx.Client(base_url=origin, timeout=_TIMEOUT_S, trust_env=False) as http:
        try:
            health = http.get("/healthz")
        except httpx.HTTPError as error:
            yield failed(
                "server", f"{origin} does not answer: {error}", "Start it: harbor serve. --host names another one."
            )
            return
        if health.status_code != 200 or _json(health).get("status") != "ok":
            yield failed("server", f"{origin} answers {health.status_code}", "Does --host name a Harbor server?")
            return
        yield passed("server", f"{origin} answers")
        yield _readiness(http.get("/readyz"))
        yield _version(_json(http.get("/")).get("version"))
    if not key:
        todo = "Set HARBOR_ADMIN_KEY, or pass --key, for the checks of deliveries, clock and disk."
        yield warning("admin key", "none was given", todo)
        return
    try:
        with admin_session(host, key, out) as session:
            yield from _inside(session)
    except Failure as failure:
        yield failed("admin key", failure.message, failure.hint or "Use the key that `harbor init` printed.")


def _inside(session: Session) -> Iterator[Check]:
    admin = session.harbor.admin
    before = datetime.now(UTC)
    instance = admin.instance()
    after = datetime.now(UTC)
    yield passed("admin key", f"accepted; {instance.engine}, {instance.mode} mode")
    if instance.now is not None:
        yield model.skew((instance.now - (before + (after - before) / 2)).total_seconds())
    if instance.clock == "manual":
        yield warning("calendar", "it is manual and stands still", "For tests only: unset HARBOR_CLOCK otherwise.")
    if instance.disk_free_bytes is not None and instance.disk_total_bytes is not None:
        yield model.disk(instance.disk_free_bytes, instance.disk_total_bytes)
    queue = admin.queue()
    yield model.queue(queue.depth or 0, (queue.lag_ms or 0) / 1000)
    yield from _rotation(session)


def _rotation(session: Session) -> Iterator[Check]:
    from harbor_sdk import HarborError

    try:
        rotation = session.harbor.admin.key_rotation.retrieve()
    except HarborError as error:
        if error.status == 404:
            return  # there was none
        raise
    if rotation.state == "failed":
        yield failed("rotation of the key", rotation.error or "it failed", "Mend it and run harbor rotate-key again.")
    elif rotation.state in ("queued", "running"):
        yield passed("rotation of the key", f"under way, {rotation.done} of {rotation.total or '?'} rows")


def _readiness(reply: httpx.Response) -> Check:
    found = _json(reply)
    if reply.status_code == 200:
        return passed("readiness", "it takes writes")
    reason = found.get("reason") or found.get("status") or reply.status_code
    return failed("readiness", str(reason), "Look at the disk and the database; the log says more.")


def _version(version: object) -> Check:
    if version == harbor.__version__:
        return passed("version", f"{version}, as this program")
    found = f"the server is {version}, this program {harbor.__version__}"
    return warning("version", found, "Use the same version for both.")


def _certificate(origin: str) -> Iterator[Check]:
    parts = urlsplit(origin)
    # Looked at whoever signed it: whether it is trusted shows when the requests are made.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((parts.hostname or "", parts.port or 443), timeout=_TIMEOUT_S) as sock,
            context.wrap_socket(sock, server_hostname=parts.hostname) as tls,
        ):
            shown = tls.getpeercert(binary_form=True)
    except OSError:
        return  # the next check says that nothing answers
    if shown is not None:
        ends_at = x509.load_der_x509_certificate(shown).not_valid_after_utc
        yield model.certificate((ends_at - datetime.now(UTC)).days)


def _json(reply: httpx.Response) -> dict[str, Any]:
    try:
        value = reply.json()
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
