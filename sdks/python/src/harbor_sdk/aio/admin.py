"""`harbor.admin`: for organization keys and the root key `hb_admin_…`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Unpack

from harbor_sdk.aio.backup import AsyncBackupStream
from harbor_sdk.aio.runner import AsyncPage, Runner
from harbor_sdk.calls import admin as calls
from harbor_sdk.core.build import UNSET, Unset
from harbor_sdk.core.moments import Moment
from harbor_sdk.filters import AdminWorkspaceFilters, AuditFilters, OrganizationKeyFilters, PageFilters
from harbor_sdk.models.admin import ApiKey, AuditEntry, Clock, Instance, KeyRotation, Organization, Queue
from harbor_sdk.models.events import Workspace


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

    async def organization(self) -> Organization:
        """The organization the key belongs to."""
        return await self._runner.one(calls.organization())

    async def queue(self) -> Queue:
        """How many deliveries wait, and how late the oldest is."""
        return await self._runner.one(calls.queue())

    async def instance(self) -> Instance:
        """What the machine of the server says of itself. Takes the root key."""
        return await self._runner.one(calls.instance())

    def backup(self, *, include_key: bool = False) -> AsyncBackupStream:
        """A backup of the whole installation, to be read in an `async with` block. Takes the root key.

        With `include_key` the master keys are in it: whoever has it can open every secret in it.
        """
        return AsyncBackupStream(self._runner.transport, calls.backup(include_key=include_key))


class AdminWorkspaces:
    """All workspaces of the organization."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def list(self, **filters: Unpack[AdminWorkspaceFilters]) -> AsyncPage[Workspace]:
        """One page of workspaces."""
        return await self._runner.page(calls.workspaces(**filters))

    def list_auto(self, **filters: Unpack[AdminWorkspaceFilters]) -> AsyncIterator[Workspace]:
        """All workspaces that match, page by page."""
        return self._runner.each(calls.workspaces(**filters))

    async def create(
        self, *, name: str, environment: str | None = None, idempotency_key: str | None = None
    ) -> Workspace:
        """A new workspace in `production` (the default) or `sandbox`."""
        return await self._runner.one(
            calls.create_workspace(name=name, environment=environment, idempotency_key=idempotency_key)
        )

    async def retrieve(self, workspace_id: str) -> Workspace:
        """One workspace."""
        return await self._runner.one(calls.workspace(workspace_id))

    async def update(self, workspace_id: str, *, name: str | Unset = UNSET) -> Workspace:
        """Changes what is given."""
        return await self._runner.one(calls.update_workspace(workspace_id, name=name))

    async def delete(self, workspace_id: str) -> None:
        """Marks an archived workspace for removal. Its data is purged some days later."""
        await self._runner.one(calls.delete_workspace(workspace_id))

    async def suspend(
        self, workspace_id: str, *, reason: str | None = None, idempotency_key: str | None = None
    ) -> Workspace:
        """Stops writes and pauses deliveries. `reason` is `billing`, `policy` (stops reads too) or `manual`."""
        return await self._runner.one(
            calls.suspend_workspace(workspace_id, reason=reason, idempotency_key=idempotency_key)
        )

    async def activate(self, workspace_id: str, *, idempotency_key: str | None = None) -> Workspace:
        """Ends a suspension; paused deliveries go on."""
        return await self._runner.one(calls.activate_workspace(workspace_id, idempotency_key=idempotency_key))

    async def archive(self, workspace_id: str, *, idempotency_key: str | None = None) -> Workspace:
        """Closes a workspace: it stays readable, and outstanding deliveries are canceled."""
        return await self._runner.one(calls.archive_workspace(workspace_id, idempotency_key=idempotency_key))


class ApiKeys:
    """The secret keys of workspaces; what takes a `key_id` takes those of the organization too."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def list(self, workspace_id: str, **filters: Unpack[PageFilters]) -> AsyncPage[ApiKey]:
        """One page of a workspace's keys, without secrets."""
        return await self._runner.page(calls.api_keys(workspace_id, **filters))

    def list_auto(self, workspace_id: str, **filters: Unpack[PageFilters]) -> AsyncIterator[ApiKey]:
        """All keys of a workspace, page by page."""
        return self._runner.each(calls.api_keys(workspace_id, **filters))

    async def create(
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
        return await self._runner.one(
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

    async def retrieve(self, key_id: str) -> ApiKey:
        """One key's handle."""
        return await self._runner.one(calls.api_key(key_id))

    async def update(
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
        return await self._runner.one(
            calls.update_api_key(
                key_id,
                name=name,
                scopes=scopes,
                expires_at=expires_at,
                rate_limit=rate_limit,
                allowed_cidrs=allowed_cidrs,
            )
        )

    async def revoke(self, key_id: str) -> None:
        """Ends a key, at once and for good."""
        await self._runner.one(calls.revoke_api_key(key_id))

    async def roll(
        self, key_id: str, *, expire_old_in_seconds: int | None = None, idempotency_key: str | None = None
    ) -> ApiKey:
        """A successor with the same scopes. The old key works for 0 to 604800 more seconds; a day when not given."""
        return await self._runner.one(
            calls.roll_api_key(key_id, expire_old_in_seconds=expire_old_in_seconds, idempotency_key=idempotency_key)
        )


class OrganizationKeys:
    """Keys that reach all workspaces of one environment. `api_keys` retrieves, updates, rolls and revokes them."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def list(self, **filters: Unpack[OrganizationKeyFilters]) -> AsyncPage[ApiKey]:
        """One page of the organization's keys, without secrets."""
        return await self._runner.page(calls.organization_keys(**filters))

    def list_auto(self, **filters: Unpack[OrganizationKeyFilters]) -> AsyncIterator[ApiKey]:
        """All keys of the organization, page by page."""
        return self._runner.each(calls.organization_keys(**filters))

    async def create(
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
        return await self._runner.one(
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

    async def list(self, **filters: Unpack[AuditFilters]) -> AsyncPage[AuditEntry]:
        """One page of entries, newest first."""
        return await self._runner.page(calls.audit_log(**filters))

    def list_auto(self, **filters: Unpack[AuditFilters]) -> AsyncIterator[AuditEntry]:
        """All entries that match, page by page."""
        return self._runner.each(calls.audit_log(**filters))


class ServerClock:
    """The server's calendar. Only servers started for tests let it be moved."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def get(self) -> Clock:
        """What time the server thinks it is."""
        return await self._runner.one(calls.clock())

    async def advance(self, *, seconds: int) -> Clock:
        """Moves the calendar forward and runs what becomes due on the way."""
        return await self._runner.one(calls.advance_clock(seconds=seconds))


class KeyRotations:
    """The master key that seals secrets in the server's database. Takes the root key."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def start(self, *, idempotency_key: str | None = None) -> KeyRotation:
        """Begins to seal everything with a fresh key; gives the rotation under way where there is one."""
        return await self._runner.one(calls.start_key_rotation(idempotency_key=idempotency_key))

    async def retrieve(self) -> KeyRotation:
        """How far the latest rotation is."""
        return await self._runner.one(calls.key_rotation())
