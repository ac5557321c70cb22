"""The admin API: workspaces and keys of an organization, and what its operators look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from harbor_sdk.core.build import UNSET, Unset, changed, get, get_list, given, post, segment, send
from harbor_sdk.core.lists import ListCall
from harbor_sdk.core.moments import Moment
from harbor_sdk.core.read import one
from harbor_sdk.core.reply import read_nothing
from harbor_sdk.core.request import Call, Request
from harbor_sdk.filters import AdminWorkspaceFilters, AuditFilters, OrganizationKeyFilters, PageFilters
from harbor_sdk.models.admin import ApiKey, AuditEntry, Clock, Instance, KeyRotation, Organization, Queue
from harbor_sdk.models.events import Workspace


def workspaces(**filters: Unpack[AdminWorkspaceFilters]) -> ListCall[Workspace]:
    """A page of the organization's workspaces, of both environments or one."""
    return ListCall(get_list("/admin/v1/workspaces", filters, AdminWorkspaceFilters), Workspace)


def create_workspace(
    *, name: str, environment: str | None = None, idempotency_key: str | None = None
) -> Call[Workspace]:
    """A new workspace; in production unless `environment` says otherwise."""
    body = given(name=name, environment=environment)
    return Call(post("/admin/v1/workspaces", body, idempotency_key=idempotency_key), one(Workspace))


def workspace(workspace_id: str) -> Call[Workspace]:
    """One workspace, in any state."""
    return Call(get(_workspace(workspace_id)), one(Workspace))


def update_workspace(workspace_id: str, *, name: str | Unset = UNSET) -> Call[Workspace]:
    """Another name for a workspace."""
    return Call(send("PUT", _workspace(workspace_id), changed(name=name)), one(Workspace))


def delete_workspace(workspace_id: str) -> Call[None]:
    """An archived workspace marked for removal; for some days it can still be activated."""
    return Call(send("DELETE", _workspace(workspace_id)), read_nothing)


def suspend_workspace(
    workspace_id: str, *, reason: str | None = None, idempotency_key: str | None = None
) -> Call[Workspace]:
    """A workspace that takes no writes until it is activated; its deliveries wait."""
    body = given(reason=reason) or None
    return Call(post(f"{_workspace(workspace_id)}/suspend", body, idempotency_key=idempotency_key), one(Workspace))


def activate_workspace(workspace_id: str, *, idempotency_key: str | None = None) -> Call[Workspace]:
    """A workspace that takes writes again, and whose waiting deliveries go on."""
    return Call(post(f"{_workspace(workspace_id)}/activate", idempotency_key=idempotency_key), one(Workspace))


def archive_workspace(workspace_id: str, *, idempotency_key: str | None = None) -> Call[Workspace]:
    """A workspace for reading only; its outstanding deliveries are canceled."""
    return Call(post(f"{_workspace(workspace_id)}/archive", idempotency_key=idempotency_key), one(Workspace))


def api_keys(workspace_id: str, **filters: Unpack[PageFilters]) -> ListCall[ApiKey]:
    """A page of a workspace's keys, without their secrets."""
    return ListCall(get_list(f"{_workspace(workspace_id)}/api_keys", filters, PageFilters), ApiKey)


def create_api_key(
    workspace_id: str,
    *,
    name: str,
    scopes: Sequence[str] | None = None,
    expires_at: Moment | None = None,
    rate_limit: str | None = None,
    allowed_cidrs: Sequence[str] | None = None,
    idempotency_key: str | None = None,
) -> Call[ApiKey]:
    """A new key, with the secret that is shown this once."""
    body = given(name=name, scopes=scopes, expires_at=expires_at, rate_limit=rate_limit, allowed_cidrs=allowed_cidrs)
    return Call(post(f"{_workspace(workspace_id)}/api_keys", body, idempotency_key=idempotency_key), one(ApiKey))


def organization_keys(**filters: Unpack[OrganizationKeyFilters]) -> ListCall[ApiKey]:
    """A page of the organization's own keys, without their secrets."""
    return ListCall(get_list("/admin/v1/api_keys", filters, OrganizationKeyFilters), ApiKey)


def create_organization_key(
    *,
    name: str,
    environment: str | None = None,
    scopes: Sequence[str] | None = None,
    expires_at: Moment | None = None,
    rate_limit: str | None = None,
    allowed_cidrs: Sequence[str] | None = None,
    idempotency_key: str | None = None,
) -> Call[ApiKey]:
    """A new key for all workspaces of an environment, with the secret that is shown this once."""
    body = given(
        name=name,
        environment=environment,
        scopes=scopes,
        expires_at=expires_at,
        rate_limit=rate_limit,
        allowed_cidrs=allowed_cidrs,
    )
    return Call(post("/admin/v1/api_keys", body, idempotency_key=idempotency_key), one(ApiKey))


def api_key(key_id: str) -> Call[ApiKey]:
    """One key, without its secret."""
    return Call(get(_key(key_id)), one(ApiKey))


def update_api_key(
    key_id: str,
    *,
    name: str | Unset = UNSET,
    scopes: Sequence[str] | Unset | None = UNSET,
    expires_at: Moment | Unset | None = UNSET,
    rate_limit: str | Unset | None = UNSET,
    allowed_cidrs: Sequence[str] | Unset | None = UNSET,
) -> Call[ApiKey]:
    """A key with other fields; its secret stays."""
    body = changed(name=name, scopes=scopes, expires_at=expires_at, rate_limit=rate_limit, allowed_cidrs=allowed_cidrs)
    return Call(send("PUT", _key(key_id), body), one(ApiKey))


def revoke_api_key(key_id: str) -> Call[None]:
    """The end of a key, at once."""
    return Call(send("DELETE", _key(key_id)), read_nothing)


def roll_api_key(
    key_id: str, *, expire_old_in_seconds: int | None = None, idempotency_key: str | None = None
) -> Call[ApiKey]:
    """A successor with the same rights; the old key ends after `expire_old_in_seconds`, a day if None."""
    body = given(expire_old_in_seconds=expire_old_in_seconds) or None
    return Call(post(f"{_key(key_id)}/roll", body, idempotency_key=idempotency_key), one(ApiKey))


def audit_log(**filters: Unpack[AuditFilters]) -> ListCall[AuditEntry]:
    """A page of who changed what, newest first."""
    return ListCall(get_list("/admin/v1/audit_log", filters, AuditFilters), AuditEntry)


def organization() -> Call[Organization]:
    """The organization the key belongs to."""
    return Call(get("/admin/v1/organization"), one(Organization))


def queue() -> Call[Queue]:
    """How many deliveries wait, and how late the oldest is."""
    return Call(get("/admin/v1/deliveries/queue"), one(Queue))


def clock() -> Call[Clock]:
    """The calendar of the installation."""
    return Call(get("/admin/v1/clock"), one(Clock))


def advance_clock(*, seconds: int) -> Call[Clock]:
    """A manual calendar moved forward, with what became due on the way done."""
    return Call(post("/admin/v1/clock/advance", {"seconds": seconds}), one(Clock))


def instance() -> Call[Instance]:
    """Version, engine and mode of the installation."""
    return Call(get("/admin/v1/instance"), one(Instance))


def start_key_rotation(*, idempotency_key: str | None = None) -> Call[KeyRotation]:
    """A new master key, and a job that seals everything with it."""
    return Call(post("/admin/v1/key_rotation", idempotency_key=idempotency_key), one(KeyRotation))


def key_rotation() -> Call[KeyRotation]:
    """How far the latest rotation of the master key is."""
    return Call(get("/admin/v1/key_rotation"), one(KeyRotation))


def backup(*, include_key: bool) -> Request:
    """A backup as a stream of bytes; with `include_key` it can open its own secrets."""
    return send("POST", "/admin/v1/backup", query=(("include_key", "true"),) if include_key else ())


def _workspace(workspace_id: str) -> str:
    return f"/admin/v1/workspaces/{segment(workspace_id, 'workspace_id')}"


def _key(key_id: str) -> str:
    return f"/admin/v1/api_keys/{segment(key_id, 'key_id')}"
