"""What can go wrong for a caller, said once and shaped later by a dialect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What sort of trouble it is. A dialect turns it into a status, unless it knows the code better."""

    UNAUTHENTICATED = "unauthenticated"
    DENIED = "denied"
    MISSING = "missing"
    INVALID = "invalid"
    UNSUPPORTED = "unsupported"
    CONFLICT = "conflict"
    GONE = "gone"
    LIMITED = "limited"
    QUOTA = "quota"
    TOO_LARGE = "too_large"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class HarborError(Exception):
    """One refusal: `kind` for machines in the house, `code` for callers, `message` for people.

    `field` is the dotted path of the offending part of the request, `details` more of them, `retry_after_s` how many
    seconds to wait, `headers` what a reply must carry besides.
    """

    kind: ClassVar[Kind] = Kind.INTERNAL
    code_default: ClassVar[str] = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        details: Sequence[Mapping[str, object]] = (),
        retry_after_s: float | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code_default
        self.field = field
        self.details = tuple(details)
        self.retry_after_s = retry_after_s
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


class Unauthenticated(HarborError):
    """No credential, or none that is good."""

    kind = Kind.UNAUTHENTICATED
    code_default = "unauthenticated"


class Denied(HarborError):
    """The caller is known and may not do this."""

    kind = Kind.DENIED
    code_default = "denied"


class Missing(HarborError):
    """There is no such thing, or the caller may not know of it."""

    kind = Kind.MISSING
    code_default = "missing"


class Invalid(HarborError):
    """The request says something that cannot be right."""

    kind = Kind.INVALID
    code_default = "invalid"


class Unsupported(HarborError):
    """The request comes in a form that is not understood: media type, method, version."""

    kind = Kind.UNSUPPORTED
    code_default = "unsupported"


class Conflict(HarborError):
    """The request is right, but not in the present state of the thing."""

    kind = Kind.CONFLICT
    code_default = "conflict"


class Gone(HarborError):
    """It was here and is no more."""

    kind = Kind.GONE
    code_default = "gone"


class Limited(HarborError):
    """Too many requests for now; `retry_after_s` says when."""

    kind = Kind.LIMITED
    code_default = "limited"


class QuotaExceeded(HarborError):
    """More than the plan or the instance allows; waiting does not help."""

    kind = Kind.QUOTA
    code_default = "quota"


class TooLarge(HarborError):
    """The request is larger than its bound."""

    kind = Kind.TOO_LARGE
    code_default = "too_large"


class Unavailable(HarborError):
    """The server cannot do it now; nothing was changed."""

    kind = Kind.UNAVAILABLE
    code_default = "unavailable"


class Internal(HarborError):
    """Our own fault. The log knows more than the caller."""

    kind = Kind.INTERNAL
    code_default = "internal"


class StartRefused(Exception):
    """The process cannot start; the message is one sentence that says why and what to do."""
