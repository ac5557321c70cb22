"""The admin API: workspaces and keys of an organization, and what its operators look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from harbor_sdk.core.build import UNSET, Unset, changed, get, get_list, given, post, segment, send
from harbor_sdk.core.lists import ListCall
from harbor_sdk.core.moments import Moment
from harbor_sdk.core.read import one
from harbor_sdk.core.reply import read_nothing
from harbor_sdk.core.request import Call, Request
from harbor_sdk.filters import AdminWorkspaceFilters, PageFilters, WorkspaceFilters
from harbor_sdk.models.admin import ApiKey, AuditEntry, Clock, Instance, KeyRotation, Organization, Queue
from harbor_sdk.models.events import Workspace


def workspaces(**filters: Unpack[AdminWorkspaceFilters]) -> ListCall[Workspace]:
    return ListCall(get_list("/admin/v1/workspaces", filters, AdminWorkspaceFilters), Workspace)


def create_workspace(
    *, name: str, environment: str | None = None, idempotency_key: str | None = None
) -> Call[Workspace]:
    body = given(name=name, environment=environment)
    return Call(post("/admin/v1/workspaces", body, idempotency_key=idempotency_key), one(Workspace))


def workspace(workspace_id: str) -> Call[Workspace]:
    return Call(get(_workspace(workspace_id)), one(Workspace))


def update_workspace(workspace_id: str, *, name: str | Unset = UNSET) -> Call[Workspace]:
    return Call(send("PUT", _workspace(workspace_id), changed(name=name)), one(Workspace))


def delete_workspace(workspace_id: str) -> Call[None]:
    return Call(send("DELETE", _workspace(workspace_id)), read_nothing)


def suspend_workspace(
    workspace_id: str, *, reason: str | None = None, idempotency_key: str | None = None
) -> Call[Workspace]:
    body = given(reason=reason) or None
    return Call(post(f"{_workspace(workspace_id)}/suspend", body, idempotency_key=idempotency_key), one(Workspace))


def activate_workspace(workspace_id: str, *, idempotency_key: str | None = None) -> Call[Workspace]:
    return Call(post(f"{_workspace(workspace_id)}/activate", idempotency_key=idempotency_key), one(Workspace))


def archive_workspace(workspace_id: str, *, idempotency_key: str | None = None) -> Call[Workspace]:
    return Call(post(f"{_workspace(workspace_id)}/archive", idempotency_key=idempotency_key), one(Workspace))


def api_keys(workspace_id: str, **filters: Unpack[PageFilters]) -> ListCall[ApiKey]:
    return ListCall(get_list(f"{_workspace(workspace_id)}/api_keys", filters, PageFilters), ApiKey)


def create_api_key(
    workspace_id: str,
    *,
    name: str,
    scopes: Sequence[str] | None = None,
    expires_at: Moment | None = None,
    rate_limit: Any = None,
    allowed_cidrs: Sequence[str] | None = None,
    idempotency_key: str | None = None,
) -> Call[ApiKey]:
    body = given(name=name, scopes=scopes, expires_at=expires_at, rate_limit=rate_limit, allowed_cidrs=allowed_cidrs)
    return Call(post(f"{_workspace(workspace_id)}/api_keys", body, idempotency_key=idempotency_key), one(ApiKey))


def api_key(key_id: str) -> Call[ApiKey]:
    return Call(get(_key(key_id)), one(ApiKey))


def update_api_key(
    key_id: str,
    *,
    name: str | Unset = UNSET,
    scopes: Sequence[str] | Unset | None = UNSET,
    expires_at: Moment | Unset | None = UNSET,
    rate_limit: Any = UNSET,
    allowed_cidrs: Sequence[str] | Unset | None = UNSET,
) -> Call[ApiKey]:
    body = changed(name=name, scopes=scopes, expires_at=expires_at, rate_limit=rate_limit, allowed_cidrs=allowed_cidrs)
    return Call(send("PUT", _key(key_id), body), one(ApiKey))


def revoke_api_key(key_id: str) -> Call[None]:
    return Call(send("DELETE", _key(key_id)), read_nothing)


def roll_api_key(
    key_id: str, *, expire_old_in_seconds: int | None = None, idempotency_key: str | None = None
) -> Call[ApiKey]:
    body = given(expire_old_in_seconds=expire_old_in_seconds) or None
    return Call(post(f"{_key(key_id)}/roll", body, idempotency_key=idempotency_key), one(ApiKey))


def audit_log(**filters: Unpack[WorkspaceFilters]) -> ListCall[AuditEntry]:
    return ListCall(get_list("/admin/v1/audit_log", filters, WorkspaceFilters), AuditEntry)


def organization() -> Call[Organization]:
    return Call(get("/admin/v1/organization"), one(Organization))


def queue() -> Call[Queue]:
    return Call(get("/admin/v1/deliveries/queue"), one(Queue))


def clock() -> Call[Clock]:
    return Call(get("/admin/v1/clock"), one(Clock))


def advance_clock(*, seconds: int) -> Call[Clock]:
    return Call(post("/admin/v1/clock/advance", {"seconds": seconds}), one(Clock))


def instance() -> Call[Instance]:
    return Call(get("/admin/v1/instance"), one(Instance))


def start_key_rotation(*, idempotency_key: str | None = None) -> Call[KeyRotation]:
    return Call(post("/admin/v1/key_rotation", idempotency_key=idempotency_key), one(KeyRotation))


def key_rotation() -> Call[KeyRotation]:
    return Call(get("/admin/v1/key_rotation"), one(KeyRotation))


def backup(*, include_key: bool) -> Request:
    return send("POST", "/admin/v1/backup", query=(("include_key", "true"),) if include_key else ())


def _workspace(workspace_id: str) -> str:
    return f"/admin/v1/workspaces/{segment(workspace_id, 'workspace_id')}"


def _key(key_id: str) -> str:
    return f"/admin/v1/api_keys/{segment(key_id, 'key_id')}"
