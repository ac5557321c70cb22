"""A sample of each sort of refusal, for documents: what it means, and the fields it may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harbor.kernel.errors import (
    Conflict,
    Denied,
    HarborError,
    Internal,
    Invalid,
    Kind,
    Limited,
    Missing,
    QuotaExceeded,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a sort of refusal means, one as short and one as full as it can be."""

    description: str
    plain: HarborError
    full: HarborError


def _same(description: str, fault: HarborError) -> Refusal:
    return Refusal(description, fault, fault)


_KEY = "Idempotency-Key 2f1c"
_ALL = (
    Refusal(
        "The request says something that cannot be right.",
        Invalid("The body is not UTF-8."),
        Invalid(
            "limit must be between 1 and 100.",
            field="limit",
            details=[{"param": "limit", "message": "limit must be between 1 and 100."}],
        ),
    ),
    _same(
        "The credential is missing, malformed, revoked, expired or of another environment.",
        Unauthenticated("Invalid API key provided."),
    ),
    _same(
        "The credential may not do this, or the state of its workspace forbids it.",
        Denied("API key missing required scope: events:write."),
    ),
    _same(
        "It is more than the installation allows; waiting does not help.",
        QuotaExceeded("There is no room for another one."),
    ),
    _same("There is no such thing, or it is somebody else's.", Missing("No event found with id evt_01j8z0c3t4e6.")),
    Refusal(
        "The present state of the thing does not allow it, or the idempotency key belongs to another request.",
        Conflict(f"{_KEY} was already used with a different payload."),
        Conflict(f"The first request with {_KEY} is still running.", retry_after_s=1),
    ),
    Refusal(
        "The body, or a part of it, is larger than its bound.",
        TooLarge("The body has more bytes than fit."),
        TooLarge("payload has 262145 bytes; at most 262144 (256 KB) fit.", field="payload"),
    ),
    _same(
        "The body has another media type than the one that is read.",
        Unsupported("The body has the media type text/plain; send application/json."),
    ),
    _same(
        "These are too many requests for now.", Limited("Too many requests. Retry after 2 seconds.", retry_after_s=1.5)
    ),
    _same(
        "The server is at fault; its log knows more.",
        Internal("Something went wrong on our side; the log of the server knows more."),
    ),
    Refusal(
        "The server cannot do it now; nothing was changed.",
        Unavailable("The server is stopping; try again."),
        Unavailable("The server is stopping; try again.", retry_after_s=1),
    ),
)
REFUSALS: Mapping[Kind, Refusal] = {refusal.plain.kind: refusal for refusal in _ALL}
