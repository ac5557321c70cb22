"""`harbor.workspaces`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Unpack

from harbor_sdk.aio.runner import AsyncPage, Runner
from harbor_sdk.calls import workspaces as calls
from harbor_sdk.filters import PageFilters
from harbor_sdk.models.events import Workspace


class Workspaces:
    """The workspaces a key can see, normally one."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def retrieve(self, workspace_id: str) -> Workspace:
        """The workspace. Works while it is suspended, so that a program can see why."""
        return await self._runner.one(calls.retrieve(workspace_id))

    async def list(self, **filters: Unpack[PageFilters]) -> AsyncPage[Workspace]:
        """One page of workspaces."""
        return await self._runner.page(calls.page(**filters))

    def list_auto(self, **filters: Unpack[PageFilters]) -> AsyncIterator[Workspace]:
        """All workspaces, page by page."""
        return self._runner.each(calls.page(**filters))
