"""What an attempt came to: success or an error word, and what follows for the endpoint.

Source: docs/products/harbor.md#outcome-of-an-attempt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from harbor.kernel.webhooks.retries import parse_retry_after


class Error(StrEnum):
    """Why an attempt failed, in the words an attempt is shown with."""

    HTTP_STATUS = "http_status"
    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    BLOCKED_ADDRESS = "blocked_address"
    REDIRECT = "redirect"
    PROTOCOL = "protocol"
    SIGNATURE_INVALID = "webhook_signature_invalid"


TRANSPORT_ERRORS: Final = frozenset(
    {Error.TIMEOUT, Error.DNS, Error.CONNECT, Error.TLS, Error.BLOCKED_ADDRESS, Error.PROTOCOL}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is known of an ended attempt; `error` is None on success.

    `is_gone`: the endpoint asked to be left alone for good, so it is switched off and the delivery ends. `slows_down`:
    its concurrency is halved. `retry_after_s`: how long it asked us to wait.
    """

    error: Error | None
    is_gone: bool = False
    slows_down: bool = False
    retry_after_s: float | None = None

    @property
    def is_success(self) -> bool:
        """Whether the delivery is done."""
        return self.error is None


SUCCESS: Final = Outcome(error=None)

_GONE: Final = 410
_OVERLOADED: Final = frozenset({429, 502, 504})
_ASKS_TO_WAIT: Final = frozenset({429, 503})
_REFUSES: Final = frozenset({400, 401, 403})

# The receiver chooses this text, so nothing in the pattern may repeat without bound: `mismatch\w*` over a body of
# "mismatchmismatch…" would take minutes. Twenty more letters of the word are enough, and 4 KiB of the body.
_BAD_SIGNATURE: Final = re.compile(
    r"(?:invalid|bad|mismatch\w{0,20}|failed).{0,20}signature"
    r"|signature.{0,20}(?:invalid|mismatch|verification|failed)",
    re.IGNORECASE,
)
_SEARCHED_CHARACTERS_MAX: Final = 4_096


def classify(
    *,
    status: int | None,
    headers: Mapping[str, str],
    body: str,
    transport_error: Error | None = None,
    received_at: datetime,
) -> Outcome:
    """The outcome of an attempt that was answered with `status`, or ended with `transport_error`.

    A transport error outweighs a status: an answer whose body did not end in time is a failure, also when it began with
    200. `body` is the decoded beginning of the answer; `received_at` is real time and gives a `Retry-After` date its
    meaning.
    """
    if transport_error is not None:
        assert transport_error in TRANSPORT_ERRORS, transport_error
        return Outcome(error=transport_error)
    assert status is not None
    if 200 <= status < 300:
        return SUCCESS
    if 300 <= status < 400:
        return Outcome(error=Error.REDIRECT)
    if status in _REFUSES and _reports_bad_signature(headers, body):
        return Outcome(error=Error.SIGNATURE_INVALID)
    asks_to_wait = status in _ASKS_TO_WAIT
    return Outcome(
        error=Error.HTTP_STATUS,
        is_gone=status == _GONE,
        slows_down=status in _OVERLOADED,
        retry_after_s=parse_retry_after(_header(headers, "retry-after"), received_at) if asks_to_wait else None,
    )


def _reports_bad_signature(headers: Mapping[str, str], body: str) -> bool:
    texts = (body, _header(headers, "harbor-error") or "")
    return any(_BAD_SIGNATURE.search(text, 0, _SEARCHED_CHARACTERS_MAX) for text in texts)


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in headers.items() if key.lower() == name), None)
