# Made by scripts/sdk_sync from harbor_sdk/aio. Do not edit.
"""`harbor.workspaces`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Unpack

from harbor_sdk.calls import workspaces as calls
from harbor_sdk.filters import PageFilters
from harbor_sdk.models.events import Workspace
from harbor_sdk.sync.runner import Page, Runner


class Workspaces:
    """The workspaces a key can see, normally one."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def retrieve(self, workspace_id: str) -> Workspace:
        """The workspace. Works while it is suspended, so that a program can see why."""
        return self._runner.one(calls.retrieve(workspace_id))

    def list(self, **filters: Unpack[PageFilters]) -> Page[Workspace]:
        """One page of workspaces."""
        return self._runner.page(calls.page(**filters))

    def list_auto(self, **filters: Unpack[PageFilters]) -> Iterator[Workspace]:
        """All workspaces, page by page."""
        return self._runner.each(calls.page(**filters))
