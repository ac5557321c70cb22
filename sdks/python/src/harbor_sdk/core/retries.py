"""Retries: whether a request is sent again, and after how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from harbor_sdk.core.reply import absence, refusal
from harbor_sdk.core.request import NoReply, Reply, Request
from harbor_sdk.errors import HarborError

RETRIED_STATUSES: Final = frozenset({429, 500, 502, 503, 504})
DELAY_S_BASE: Final = 0.5
DELAY_S_MAX: Final = 8.0
# The server's longest window is a minute. Told to wait longer than two, the caller should decide, not sleep.
TOLD_DELAY_S_MAX: Final = 120.0


@dataclass(frozen=True, slots=True)
class Wait:
    """Send the same request again after `seconds`; `error` is what would be raised otherwise."""

    seconds: float
    error: HarborError


def judge(
    request: Request,
    outcome: Reply | NoReply,
    *,
    retries_done: int,
    retries_max: int,
    random: Callable[[], float],
) -> Reply | Wait:
    """The reply when it is a success, a wait when the request goes out again; else raises what went wrong.

    GETs and requests with an idempotency key are repeated after 429, 500, 502, 503, 504 and when no reply came.
    """
    if isinstance(outcome, Reply) and 200 <= outcome.status < 300:
        return outcome
    error = absence(outcome) if isinstance(outcome, NoReply) else refusal(outcome)
    is_passing = isinstance(outcome, NoReply) or outcome.status in RETRIED_STATUSES
    if not (request.may_repeat and is_passing and retries_done < retries_max):
        raise error
    seconds = delay_s(error, retries_done, random)
    if seconds > TOLD_DELAY_S_MAX:
        raise error
    return Wait(seconds, error)


def delay_s(error: HarborError, retries_done: int, random: Callable[[], float]) -> float:
    """As long as the server said; else a random part of 0.5 s, 1 s, 2 s … 8 s, so that clients do not march in step.

    `random` gives numbers from 0 up to 1.
    """
    if error.retry_after_ms is not None:
        return error.retry_after_ms / 1000
    # The exponent is bounded too: a patient stream may come here hundreds of times.
    return random() * min(DELAY_S_MAX, DELAY_S_BASE * 2.0 ** min(retries_done, 10))
