"""API keys on the wire: administration, and what a key says of itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypedDict

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.http.decode import Body
from harbor.kernel.http.routes import Created, Route
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Credential, Environment
from harbor.kernel.pages import Page, PageRequest
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.api_keys import service
from harbor.products.harbor_events.api_keys.service import Changes, WithSecret
from harbor.products.harbor_events.refusals import not_found
from harbor.products.harbor_events.wire import Moment, Span, moment_of

_UNSET = msgspec.UNSET
Unset = msgspec.UnsetType
RateLimit = Annotated[
    str, msgspec.Meta(description="Requests a minute and burst, like 600:60, or off.", examples=["600:60"])
]


class KeyBody(TypedDict):
    """A key as it is shown: never its secret."""

    id: str
    name: str
    workspace_id: str | None
    environment: str
    prefix: str
    last4: str
    scopes: list[str] | None
    rate_limit: str | None
    allowed_cidrs: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class NewKeyBody(KeyBody):
    """A key with its secret, shown once."""

    secret: str


class CreateKey(Body):
    """A new key. Without `scopes` it may do everything in its workspace."""

    name: str
    scopes: list[str] | None = None
    expires_at: Moment | None = None
    rate_limit: RateLimit | None = None
    allowed_cidrs: list[str] | None = None


class CreateOrganizationKey(CreateKey):
    """A new key for all workspaces. A root key says in which environment; an organization key has its own."""

    environment: Literal["production", "sandbox"] | None = None


class ListOrganizationKeys(Span, kw_only=True):
    """Which keys of the organization to list."""

    environment: Literal["production", "sandbox"] | None = None


class UpdateKey(Body):
    """What changes; an absent field stays."""

    name: str | Unset = _UNSET
    scopes: list[str] | Unset | None = _UNSET
    expires_at: Moment | Unset | None = _UNSET
    rate_limit: RateLimit | Unset | None = _UNSET
    allowed_cidrs: list[str] | Unset | None = _UNSET


class RollKey(Body):
    """When the present key ends."""

    expire_old_in_seconds: Annotated[int, msgspec.Meta(ge=0, le=service.ROLL_S_MAX)] = 86_400


def index(call: Call, workspace_id: str, query: Span, page: PageRequest) -> Page[Credential]:
    """Keys of a workspace, newest first."""
    return service.of_workspace(call, workspace_id, page, query.span)


def index_of_organization(call: Call, query: ListOrganizationKeys, page: PageRequest) -> Page[Credential]:
    """Keys that belong to no single workspace, newest first."""
    environment = Environment(query.environment) if query.environment else None
    return service.of_organization(call, page, query.span, environment=environment)


def create_for_organization(call: Call, body: CreateOrganizationKey) -> Created[WithSecret]:
    """Make a key for all workspaces of an environment; the reply is the only one that shows its secret."""
    environment = Environment(body.environment) if body.environment else None
    return Created(service.create_for_organization(call, _changes(body), environment=environment))


def create(call: Call, workspace_id: str, body: CreateKey) -> Created[WithSecret]:
    """Make a key; the reply is the only one that shows its secret."""
    return Created(service.create(call, workspace_id, _changes(body)))


def retrieve(call: Call, key_id: str) -> Credential:
    """One key."""
    return service.administered(call, key_id)[1]


def update(call: Call, key_id: str, body: UpdateKey) -> Credential:
    """Change a key."""
    expires_at = body.expires_at if body.expires_at is _UNSET else _moment(body.expires_at)
    changes = Changes(
        name=body.name,
        scopes=body.scopes,
        expires_at=expires_at,
        rate_limit=body.rate_limit,
        allowed_cidrs=body.allowed_cidrs,
    )
    return service.update(call, key_id, changes)


def revoke(call: Call, key_id: str) -> None:
    """End a key at once."""
    service.revoke(call, key_id)


def roll(call: Call, key_id: str, body: RollKey) -> Created[WithSecret]:
    """A second key like this one, which ends after a while."""
    return Created(service.roll(call, key_id, expire_old_in_s=body.expire_old_in_seconds))


def introspect(call: Call) -> Credential:
    """What the key of this request is."""
    key = identity.credential(call.tx, call.account_id, call.principal.credential_id or "")
    if key is None:
        raise not_found("API key", call.principal.credential_id or "")
    return key


def show(key: Credential, call: Call) -> KeyBody:
    """The fields of a key."""
    account = identity.account(call.tx, key.account_id)
    assert account is not None
    return {
        "id": key.id,
        "name": key.name,
        "workspace_id": key.workspace_id,
        "environment": account.environment.value,
        "prefix": key.prefix,
        "last4": key.last4,
        "scopes": None if key.scopes is None else sorted(key.scopes),
        "rate_limit": key.rate_limit,
        "allowed_cidrs": None if key.allowed_cidrs is None else list(key.allowed_cidrs),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }


def show_new(made: WithSecret, call: Call) -> NewKeyBody:
    """The fields of a new key and its secret."""
    return {**show(made.key, call), "secret": made.secret}


def _changes(body: CreateKey) -> Changes:
    return Changes(
        name=body.name,
        scopes=body.scopes,
        expires_at=_moment(body.expires_at),
        rate_limit=body.rate_limit,
        allowed_cidrs=body.allowed_cidrs,
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else moment_of(text, "expires_at")


_OF_WORKSPACE = "/admin/v1/workspaces/{workspace_id}/api_keys"
_ALL = "/admin/v1/api_keys"
_ONE = f"{_ALL}/{{key_id}}"
_SCOPE = scopes.KEYS_MANAGE
_TAGS = ("API keys",)
ROUTES = (
    Route("key.retrieve", "GET", "/v1/key", introspect, show=show, summary="What this key is", tags=_TAGS),
    Route(
        "api_keys.list",
        "GET",
        _OF_WORKSPACE,
        index,
        show=show,
        scope=_SCOPE,
        paged=True,
        summary="List keys",
        tags=_TAGS,
    ),
    Route(
        "api_keys.create",
        "POST",
        _OF_WORKSPACE,
        create,
        show=show_new,
        scope=_SCOPE,
        writes=True,
        status=201,
        summary="Create a key",
        tags=_TAGS,
    ),
    Route(
        "api_keys.list_of_organization",
        "GET",
        _ALL,
        index_of_organization,
        show=show,
        scope=_SCOPE,
        paged=True,
        summary="List keys of the organization",
        tags=_TAGS,
    ),
    Route(
        "api_keys.create_for_organization",
        "POST",
        _ALL,
        create_for_organization,
        show=show_new,
        scope=_SCOPE,
        writes=True,
        status=201,
        summary="Create a key of the organization",
        tags=_TAGS,
    ),
    Route("api_keys.retrieve", "GET", _ONE, retrieve, show=show, scope=_SCOPE, summary="Retrieve a key", tags=_TAGS),
    Route(
        "api_keys.update", "PUT", _ONE, update, show=show, scope=_SCOPE, writes=True, summary="Change a key", tags=_TAGS
    ),
    Route(
        "api_keys.revoke",
        "DELETE",
        _ONE,
        revoke,
        scope=_SCOPE,
        writes=True,
        status=204,
        summary="Revoke a key",
        tags=_TAGS,
    ),
    Route(
        "api_keys.roll",
        "POST",
        f"{_ONE}/roll",
        roll,
        show=show_new,
        scope=_SCOPE,
        writes=True,
        status=201,
        summary="Replace a key, with both valid for a while",
        tags=_TAGS,
    ),
)
