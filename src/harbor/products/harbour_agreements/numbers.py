"""Error numbers: what each means, its status, and what its page behind `more_info` says.

Numbers and messages never change meaning. Source: docs/products/harbour.md#errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harbor.kernel.errors import Kind


@dataclass(frozen=True, slots=True)
class Number:
    """One error. `message` is constant; `cause` and `fix` are sentences for its page."""

    number: int
    status: int
    message: str
    cause: str
    fix: str


NUMBERS: Final = {
    each.number: each
    for each in (
        Number(
            2001,
            401,
            "Missing API key",
            "The request has no header with an API key.",
            "Send the key in the header x-api-key, or as Authorization: Bearer. Keys in the query or the body are not read.",
        ),
        Number(
            2002,
            401,
            "Unauthorized access.",
            "The key is not known here: it is mistyped, was revoked, has expired, or two headers carry different keys.",
            "Compare the last four characters with Settings > Integrations, and make a new key if it is not listed.",
        ),
        Number(
            2003,
            429,
            "Rate limit exceeded.",
            "More requests came within 60 seconds than the key may send. Refused requests do not count.",
            "Wait for the seconds that Retry-After names. RateLimit-Remaining tells beforehand how many are left.",
        ),
        Number(
            2004,
            403,
            "HTTPS required.",
            "The request came over plain HTTP. It was refused and not redirected, because the key has already been read on its way.",
            "Use the https address. If the key was sent in the clear from elsewhere, rotate it.",
        ),
        Number(
            2005,
            403,
            "Forbidden.",
            "The key is good but lacks the scope, or may not be used from this address; or a person is no organization admin.",
            "Let an organization admin make a key with the scope that the detail names.",
        ),
        Number(
            3001,
            422,
            "Invalid request",
            "Something in the query, the path or the body cannot be right.",
            "The array errors names each place by its path, with a code that has a page of its own.",
        ),
        Number(
            4001,
            404,
            "Resource not found.",
            "There is no such thing, it was deleted, it belongs to another organization, or the path came with a later version.",
            "Compare the id with the list. For a path, compare the version that Harbour-Version names.",
        ),
        Number(
            4002,
            405,
            "Method not allowed.",
            "The path exists and this method does not.",
            "The header Allow lists the methods.",
        ),
        Number(
            4003,
            409,
            "Conflict.",
            "The request is well formed and not possible in the present state: a verification that has ended, a link that is "
            "inactive, an Idempotency-Key that was used for something else.",
            "Read the object again and decide by its status.",
        ),
        Number(
            4004,
            415,
            "Unsupported media type.",
            "The body is declared to be something other than JSON.",
            "Send Content-Type: application/json.",
        ),
        Number(4005, 413, "Payload too large.", "The body is larger than the path takes.", "Send less at once."),
        Number(
            5001,
            500,
            "Internal error.",
            "Something failed on the side of the server. The log there knows more.",
            "Tell the operator the request id.",
        ),
        Number(
            5002,
            503,
            "Provider unavailable.",
            "A provider of checks, or the store of the server, does not answer now. Nothing was changed.",
            "Send the same request again after the seconds that Retry-After names.",
        ),
    )
}

_BY_CODE: Final[Mapping[str, int]] = {
    "missing_key": 2001,
    "https_required": 2004,
    "method_not_allowed": 4002,
    "unsupported_media_type": 4004,
    "unknown_version": 3001,
}
_BY_KIND: Final[Mapping[Kind, int]] = {
    Kind.UNAUTHENTICATED: 2002,
    Kind.DENIED: 2005,
    Kind.MISSING: 4001,
    Kind.GONE: 4001,
    Kind.INVALID: 3001,
    Kind.UNSUPPORTED: 4004,
    Kind.CONFLICT: 4003,
    Kind.QUOTA: 4003,
    Kind.LIMITED: 2003,
    Kind.TOO_LARGE: 4005,
    Kind.UNAVAILABLE: 5002,
    Kind.INTERNAL: 5001,
}

# What an item of `errors` may be called, and what its page says about it.
ITEM_CODES: Final[Mapping[str, str]] = {
    "email": "The text is no e-mail address.",
    "invalid_date_format": "Dates are written YYYY-MM-DD.",
    "custom": "The message says what is wrong.",
    "required": "The field must be sent.",
    "type": "The value has another type than the field.",
    "enum": "The value is none of the listed ones.",
    "too_long": "The text is longer than the field takes.",
    "too_short": "The text or list is shorter than the field asks for.",
    "too_many": "There are more entries than the field takes.",
    "out_of_range": "The number lies outside its bounds.",
    "invalid_json": "The body is no JSON text, or one with more than one meaning.",
    "duplicate_key": "An object of the body names a key twice.",
    "unknown_field": "There is no field of this name.",
    "invalid_characters": "The text has characters that its field does not take; the value shows them as code points.",
    "invalid_url": "The text is no absolute https address without user name and fragment.",
    "unsafe_url": "The address leads to a network that is not public.",
    "invalid_order_by": "order_by is one field, and ASC or DESC after it.",
    "invalid_metadata_filter": "verification_metadata is a JSON object of at most 20 pairs of plain values.",
    "tier_mismatch": "The tier does not belong to the type of verification.",
    "consent_required": "A check starts only with a stored consent.",
}


def number_of(kind: Kind, code: str) -> Number:
    """The error for a refusal: by its code, where it has a number of its own, else by its kind."""
    return NUMBERS[_BY_CODE.get(code) or _BY_KIND[kind]]
