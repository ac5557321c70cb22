"""What an organization says about a provider's API. Source: docs/products/harbour.md#http-providers."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from harbor.products.harbour_agreements.verifications.model import Result, Status, SubStatus, Subtype, Type

TOLERANCE_S: Final = 300


class Described(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the description: a misspelt field is an error and not a silent default."""


class RequestTemplate(Described, frozen=True, kw_only=True):
    """One request. `path` is joined to the base URL; texts in path and body may hold `{placeholders}`."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    body: Any = None


class Requests(Described, frozen=True, kw_only=True):
    """The requests of a check. A provider without `submit` begins with the start, one without `cancel` cannot be stopped."""

    start: RequestTemplate
    get: RequestTemplate
    submit: RequestTemplate | None = None
    cancel: RequestTemplate | None = None


class Pointers(Described, frozen=True, kw_only=True):
    """Where an answer says what, as JSON pointers (RFC 6901)."""

    reference: str
    status: str
    result: str | None = None
    sub_status: str | None = None
    parts: dict[Subtype, str] = msgspec.field(default_factory=dict)


class Words(Described, frozen=True, kw_only=True):
    """The provider's words, in any case, and what they mean here."""

    status: dict[str, Status]
    result: dict[str, Result] = msgspec.field(default_factory=dict)
    sub_status: dict[str, SubStatus] = msgspec.field(default_factory=dict)


class Callback(Described, frozen=True, kw_only=True):
    """How callbacks are signed: an HMAC over `payload`, found in `header` where `form` says.

    `object` points to the part of the body that looks like an answer.
    """

    header: str
    form: str = "t={timestamp},v1={signature}"
    payload: str = "{timestamp}.{body}"
    algorithm: Literal["sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    tolerance_s: int = TOLERANCE_S
    object: str = ""


class HttpSettings(Described, frozen=True, kw_only=True):
    """A provider's API. `auth_value` may hold `{secret}`."""

    display_name: str
    base_url: str
    types: list[Type]
    requests: Requests
    pointers: Pointers
    words: Words
    auth_header: str = "Authorization"
    auth_value: str = "Bearer {secret}"
    callback: Callback | None = None
    service_level_hours: int = 72


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed: the credential of requests, and the key of callbacks' signatures."""

    auth: str
    callback: str | None = None
