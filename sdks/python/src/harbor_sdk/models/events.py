# Made by scripts/sdk_models from openapi/harbor-1.json. Do not edit.
"""Workspaces and the events in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harbor_sdk.core.decode import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace(Model):
    """The boundary around events, webhooks and keys. `status` is one of `WorkspaceStatus`."""

    id: str
    name: str
    status: str
    created_at: datetime
    suspension_reason: str | None = None
    environment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Model):
    """A fact, written once. `payload` is the sender's own; its keys are never renamed."""

    id: str
    type: str
    workspace_id: str
    payload: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemError(Model):
    """Why one item of a batch was refused."""

    code: str
    message: str
    request_id: str | None = None
    param: str | None = None
    details: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem(Model):
    """What became of one item: `event` when `status` is 201, else `error`."""

    status: int
    event: Event | None = None
    error: ItemError | None = None
