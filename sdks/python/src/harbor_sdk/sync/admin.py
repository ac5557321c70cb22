# Made by scripts/sdk_sync from harbor_sdk/aio. Do not edit.
"""`harbor.admin`: for organization keys and the root key `hb_admin_…`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Unpack

from harbor_sdk.calls import admin as calls
from harbor_sdk.core.build import UNSET, Unset
from harbor_sdk.core.moments import Moment
from harbor_sdk.filters import AdminWorkspaceFilters, AuditFilters, OrganizationKeyFilters, PageFilters
from harbor_sdk.models.admin import ApiKey, AuditEntry, Clock, Instance, KeyRotation, Organization, Queue
from harbor_sdk.models.events import Workspace
from harbor_sdk.sync.backup import BackupStream
from harbor_sdk.sync.runner import Page, Runner


class Admin:
    """What operators and organization owners do."""

    def __init__(self, runner: Runner) -> None:
        self.workspaces = AdminWorkspaces(runner)
        self.api_keys = ApiKeys(runner)
        self.organization_keys = OrganizationKeys(runner)
        self.audit_log = AuditLog(runner)
        self.clock = ServerClock(runner)
        self.key_rotation = KeyRotations(runner)
        self._runner = runner

    def organization(self) -> Organization:
        """The organization the key belongs to."""
        return self._runner.one(calls.organization())

    def queue(self) -> Queue:
        """How many deliveries wait, and how late the oldest is."""
        return self._runner.one(calls.queue())

    def instance(self) -> Instance:
        """What the machine of the server says of itself. Takes the root key."""
        return self._runner.one(calls.instance())

    def backup(self, *, include_key: bool = False) -> BackupStream:
        """A backup of the whole installation, to be read in a `with` block. Takes the root key.

        With `include_key` the master keys are in it: whoever has it can open every secret in it.
        """
        return BackupStream(self._runner.transport, calls.backup(include_key=include_key))


class AdminWorkspaces:
    """All workspaces of the organization."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def list(self, **filters: Unpack[AdminWorkspaceFilters]) -> Page[Workspace]:
        """One page of workspaces."""
        return self._runner.page(calls.workspaces(**filters))

    def list_auto(self, **filters: Unpack[AdminWorkspaceFilters]) -> Iterator[Workspace]:
        """All workspaces that match, page by page."""
        return self._runner.each(calls.workspaces(**filters))

    def create(self, *, name: str, environment: str | None = None, idempotency_key: str | None = None) -> Workspace:
        """A new workspace in `production` (the default) or `sandbox`."""
        return self._runner.one(
            calls.create_workspace(name=name, environment=environment, idempotency_key=idempotency_key)
        )

    def retrieve(self, workspace_id: str) -> Workspace:
        """One workspace."""
        return self._runner.one(calls.workspace(workspace_id))

    def update(self, workspace_id: str, *, name: str | Unset = UNSET) -> Workspace:
        """Changes what is given."""
        return self._runner.one(calls.update_workspace(workspace_id, name=name))

    def delete(self, workspace_id: str) -> None:
        """Marks an archived workspace for removal. Its data is purged some days later."""
        self._runner.one(calls.delete_workspace(workspace_id))

    def suspend(self, workspace_id: str, *, reason: str | None = None, idempotency_key: str | None = None) -> Workspace:
        """Stops writes and pauses deliveries. `reason` is `billing`, `policy` (stops reads too) or `manual`."""
        return self._runner.one(calls.suspend_workspace(workspace_id, reason=reason, idempotency_key=idempotency_key))

    def activate(self, workspace_id: str, *, idempotency_key: str | None = None) -> Workspace:
        """Ends a suspension; paused deliveries go on."""
        return self._runner.one(calls.activate_workspace(workspace_id, idempotency_key=idempotency_key))

    def archive(self, workspace_id: str, *, idempotency_key: str | None = None) -> Workspace:
        """Closes a workspace: it stays readable, and outstanding deliveries are canceled."""
        return self._runner.one(calls.archive_workspace(workspace_id, idempotency_key=idempotency_key))


class ApiKeys:
    """The secret keys of workspaces; what takes a `key_id` takes those of the organization too."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def list(self, workspace_id: str, **filters: Unpack[PageFilters]) -> Page[ApiKey]:
        """One page of a workspace's keys, without secrets."""
        return self._runner.page(calls.api_keys(workspace_id, **filters))

    def list_auto(self, workspace_id: str, **filters: Unpack[PageFilters]) -> Iterator[ApiKey]:
        """All keys of a workspace, page by page."""
        return self._runner.each(calls.api_keys(workspace_id, **filters))

    def create(
        self,
        workspace_id: str,
        *,
        name: str,
        scopes: Sequence[str] | None = None,
        expires_at: Moment | None = None,
        rate_limit: str | None = None,
        allowed_cidrs: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> ApiKey:
        """A new key; its `secret` is shown this once. Without `scopes` it may do everything in the workspace."""
        return self._runner.one(
            calls.create_api_key(
                workspace_id,
                name=name,
                scopes=scopes,
                expires_at=expires_at,
                rate_limit=rate_limit,
                allowed_cidrs=allowed_cidrs,
                idempotency_key=idempotency_key,
            )
        )

    def retrieve(self, key_id: str) -> ApiKey:
        """One key's handle."""
        return self._runner.one(calls.api_key(key_id))

    def update(
        self,
        key_id: str,
        *,
        name: str | Unset = UNSET,
        scopes: Sequence[str] | Unset | None = UNSET,
        expires_at: Moment | Unset | None = UNSET,
        rate_limit: str | Unset | None = UNSET,
        allowed_cidrs: Sequence[str] | Unset | None = UNSET,
    ) -> ApiKey:
        """Changes what is given. None takes a limit away; `scopes=None` makes the key unrestricted."""
        return self._runner.one(
            calls.update_api_key(
                key_id,
                name=name,
                scopes=scopes,
                expires_at=expires_at,
                rate_limit=rate_limit,
                allowed_cidrs=allowed_cidrs,
            )
        )

    def revoke(self, key_id: str) -> None:
        """Ends a key, at once and for good."""
        self._runner.one(calls.revoke_api_key(key_id))

    def roll(
        self, key_id: str, *, expire_old_in_seconds: int | None = None, idempotency_key: str | None = None
    ) -> ApiKey:
        """A successor with the same scopes. The old key works for 0 to 604800 more seconds; a day when not given."""
        return self._runner.one(
            calls.roll_api_key(key_id, expire_old_in_seconds=expire_old_in_seconds, idempotency_key=idempotency_key)
        )


class OrganizationKeys:
    """Keys that reach all workspaces of one environment. `api_keys` retrieves, updates, rolls and revokes them."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def list(self, **filters: Unpack[OrganizationKeyFilters]) -> Page[ApiKey]:
        """One page of the organization's keys, without secrets."""
        return self._runner.page(calls.organization_keys(**filters))

    def list_auto(self, **filters: Unpack[OrganizationKeyFilters]) -> Iterator[ApiKey]:
        """All keys of the organization, page by page."""
        return self._runner.each(calls.organization_keys(**filters))

    def create(
        self,
        *,
        name: str,
        environment: str | None = None,
        scopes: Sequence[str] | None = None,
        expires_at: Moment | None = None,
        rate_limit: str | None = None,
        allowed_cidrs: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> ApiKey:
        """A new key; its `secret` is shown this once. Without `scopes` it may do everything in its environment.

        The root key names the `environment`, else it is `production`; an organization key stays in its own, and gives
        only scopes that it has.
        """
        return self._runner.one(
            calls.create_organization_key(
                name=name,
                environment=environment,
                scopes=scopes,
                expires_at=expires_at,
                rate_limit=rate_limit,
                allowed_cidrs=allowed_cidrs,
                idempotency_key=idempotency_key,
            )
        )


class AuditLog:
    """Who changed what, kept for a year."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def list(self, **filters: Unpack[AuditFilters]) -> Page[AuditEntry]:
        """One page of entries, newest first."""
        return self._runner.page(calls.audit_log(**filters))

    def list_auto(self, **filters: Unpack[AuditFilters]) -> Iterator[AuditEntry]:
        """All entries that match, page by page."""
        return self._runner.each(calls.audit_log(**filters))


class ServerClock:
    """The server's calendar. Only servers started for tests let it be moved."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def get(self) -> Clock:
        """What time the server thinks it is."""
        return self._runner.one(calls.clock())

    def advance(self, *, seconds: int) -> Clock:
        """Moves the calendar forward and runs what becomes due on the way."""
        return self._runner.one(calls.advance_clock(seconds=seconds))


class KeyRotations:
    """The master key that seals secrets in the server's database. Takes the root key."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def start(self, *, idempotency_key: str | None = None) -> KeyRotation:
        """Begins to seal everything with a fresh key; gives the rotation under way where there is one."""
        return self._runner.one(calls.start_key_rotation(idempotency_key=idempotency_key))

    def retrieve(self) -> KeyRotation:
        """How far the latest rotation is."""
        return self._runner.one(calls.key_rotation())
