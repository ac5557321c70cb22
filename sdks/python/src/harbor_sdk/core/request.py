"""Requests and replies as values, and calls, which know how to read the reply to a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

T = TypeVar("T")

Method = Literal["GET", "POST", "PUT", "DELETE"]
Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What to send. `path` is already percent-encoded and begins with `/v1` or `/admin/v1`."""

    method: Method
    path: str
    query: Query = ()
    body: bytes | None = field(default=None, repr=False)
    idempotency_key: str | None = None
    headers: Query = ()

    @property
    def may_repeat(self) -> bool:
        """Whether sending it twice is harmless.

        A POST without an idempotency key is never sent twice, not even after a 429. PUT and DELETE are not either: the
        server knows no idempotency key for them, and a late repeat could undo somebody's newer change.
        """
        return self.method == "GET" or (self.method == "POST" and self.idempotency_key is not None)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Names of `headers` are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def request_id(self) -> str | None:
        """The server's id of this request, if the reply carries one."""
        return self.headers.get("harbor-request-id")


@dataclass(frozen=True, slots=True)
class NoReply:
    """No reply came. `code` is `connection_error` or `timeout`; `cause` is what the socket said."""

    code: Literal["connection_error", "timeout"]
    message: str
    cause: Exception | None = None


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request and how to read its reply."""

    request: Request
    read: Callable[[Reply], T]
