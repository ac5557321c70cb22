"""One attempt: sign, POST through the outbound guard, and say what it came to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from itertools import islice

import msgspec

from harbor.kernel.clock import real_now
from harbor.kernel.outbound import OutboundClient
from harbor.kernel.outbound import Outcome as Answer
from harbor.kernel.webhooks.dispatch.prepare import Prepared, signed_headers
from harbor.kernel.webhooks.model import Attempt
from harbor.kernel.webhooks.outcome import Error, Outcome, classify

_HEADERS_KEPT_MAX = 40
_ECHO_LENGTH_MIN = 6
_HEADER_LENGTH_MAX = 512
_SECRET_HEADERS = frozenset({"set-cookie", "authorization"})


class Finished(msgspec.Struct, frozen=True, gc=False):
    """An attempt that is over and not yet recorded."""

    prepared: Prepared
    attempt: Attempt
    outcome: Outcome


async def send(
    client: OutboundClient, prepared: Prepared, new_id: Callable[[str], str], now: Callable[[], datetime] = real_now
) -> Finished:
    """Make the attempt. Never raises for what the receiver does. `now` is the calendar, which says when it began."""
    started_at = now()
    headers, timestamp = signed_headers(prepared)
    answer = await client.post(prepared.subscription.url, prepared.body, headers, prepared.view.timeout_s)
    body = _text(answer.body) if answer.body else ""
    for value in prepared.own_headers.values():
        # Write-only, also when a receiver echoes them.
        body = body.replace(value, "[redacted]") if len(value) >= _ECHO_LENGTH_MIN else body
    if answer.error is None and answer.status is not None and 200 <= answer.status < 300:
        outcome = _DELIVERED
    else:
        outcome = classify(
            status=answer.status,
            headers=answer.headers,
            body=body,
            transport_error=_transport_error(answer),
            received_at=real_now(),
        )
    delivery = prepared.claimed.delivery
    attempt = Attempt(
        id=new_id("att_"),
        account_id=delivery.account_id,
        delivery_id=delivery.id,
        subscription_id=delivery.subscription_id,
        number=prepared.number,
        trigger=delivery.trigger,
        started_at=started_at,
        duration_ms=answer.duration_ms,
        url=prepared.subscription.url,
        response_status=answer.status,
        response_headers=_kept_headers(answer.headers, prepared.own_headers.values()),
        response_body=body or None,
        response_truncated=answer.truncated,
        error=outcome.error.value if outcome.error else None,
        signature_timestamp=timestamp,
        resolved_ip=answer.resolved_ip,
    )
    return Finished(prepared, attempt, outcome)


_DELIVERED = Outcome(error=None)


def _transport_error(answer: Answer) -> Error | None:
    if answer.error is None or answer.error.value == Error.REDIRECT.value:
        return None
    return Error(answer.error.value)


def _kept_headers(headers: Mapping[str, str], secret: Collection[str] = ()) -> dict[str, str]:
    kept = {}
    for name, value in islice(headers.items(), _HEADERS_KEPT_MAX):
        lowered = name.lower()
        if lowered not in _SECRET_HEADERS:
            is_echo = any(own in value for own in secret if len(own) >= _ECHO_LENGTH_MIN)
            kept[lowered] = "[redacted]" if is_echo else _printable(value[:_HEADER_LENGTH_MAX])
    return kept


def _text(body: bytes) -> str:
    return _printable(body.decode("utf-8", "backslashreplace"))


def _printable(text: str) -> str:
    """Text that both engines can keep: NUL and lone surrogates are escaped."""
    if "\0" in text:
        text = text.replace("\0", "\\x00")
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
