"""Errors: what a call can fail with, one class per thing a program might want to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final


class HarborError(Exception):
    """A call that did not succeed.

    `code` is for programs, `message` for people. `status` is the HTTP status and None when no reply came.
    `request_id` finds the call in the request logs. `retry_after_ms` says how long to wait, when the server said so.
    `param` is the dotted path of the offending field, `details` more of them, `doc_url` where to read on.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int | None = None,
        request_id: str | None = None,
        retry_after_ms: int | None = None,
        *,
        param: str | None = None,
        details: Sequence[Mapping[str, Any]] = (),
        doc_url: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id
        self.retry_after_ms = retry_after_ms
        self.param = param
        self.details = tuple(details)
        self.doc_url = doc_url

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(code={self.code!r}, message={self.message!r}, "
            f"status={self.status!r}, request_id={self.request_id!r})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are rebuilt from `args`, which hold the message alone; process pools pickle errors.
        return (_rebuild, (type(self), self.__dict__.copy()))


class AuthenticationError(HarborError):
    """The secret key is missing, malformed, revoked, expired, or of the other environment."""


class PermissionDeniedError(HarborError):
    """The key is good and may not do this; the message names the missing scope."""


class NotFoundError(HarborError):
    """There is no such object, or this key cannot see it."""


class InvalidRequestError(HarborError):
    """The request cannot be right as it is; `param` names the field. Also raised before sending."""


class IdempotencyConflictError(HarborError):
    """The idempotency key was used with another body, or its first request is still running."""


class RateLimitError(HarborError):
    """Too many requests; `retry_after_ms` says when the next one fits."""


class WorkspaceSuspendedError(HarborError):
    """The workspace takes no writes until somebody activates it."""


class ServerError(HarborError):
    """The server failed, or is not ready to answer."""


class ConnectionError_(HarborError):
    """No reply came: `code` is `connection_error` or `timeout`. The request may still have been carried out."""


class WebhookSignatureError(HarborError):
    """A delivery whose signature or timestamp does not hold: do not trust its body."""


BY_CODE: Final[Mapping[str, type[HarborError]]] = {
    "authentication_failed": AuthenticationError,
    "permission_denied": PermissionDeniedError,
    "resource_not_found": NotFoundError,
    "route_not_found": NotFoundError,
    "invalid_request": InvalidRequestError,
    "payload_too_large": InvalidRequestError,
    "idempotency_conflict": IdempotencyConflictError,
    "rate_limit_exceeded": RateLimitError,
    "workspace_suspended": WorkspaceSuspendedError,
    "internal_error": ServerError,
    "service_unavailable": ServerError,
}

BY_STATUS: Final[Mapping[int, type[HarborError]]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    413: InvalidRequestError,
    415: InvalidRequestError,
    429: RateLimitError,
}


def error_class(code: str, status: int) -> type[HarborError]:
    """The class for a refusal: its code decides, and for a code we do not know, its status."""
    fallback = ServerError if status >= 500 else BY_STATUS.get(status, HarborError)
    return BY_CODE.get(code, fallback)


def _rebuild(cls: type[HarborError], state: Mapping[str, Any]) -> HarborError:
    error = cls.__new__(cls)
    error.__dict__.update(state)
    error.args = (error.message,)
    return error
