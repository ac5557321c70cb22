"""Workspaces, as their own keys see them."""

from __future__ import annotations

from typing import Unpack

from harbor_sdk.core.build import get, get_list, segment
from harbor_sdk.core.lists import ListCall
from harbor_sdk.core.read import one
from harbor_sdk.core.request import Call
from harbor_sdk.filters import PageFilters
from harbor_sdk.models.events import Workspace


def retrieve(workspace_id: str) -> Call[Workspace]:
    """One workspace the key can see."""
    return Call(get(f"/v1/workspaces/{segment(workspace_id, 'workspace_id')}"), one(Workspace))


def page(**filters: Unpack[PageFilters]) -> ListCall[Workspace]:
    """A page of the workspaces the key can see."""
    return ListCall(get_list("/v1/workspaces", filters, PageFilters), Workspace)
