# Made by scripts/sdk_sync from harbor_sdk/aio. Do not edit.
"""`harbor.event_types`, `harbor.request_logs` and `harbor.key`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Unpack

from harbor_sdk.calls import insight as calls
from harbor_sdk.core.build import UNSET, Unset
from harbor_sdk.filters import RequestLogFilters, WorkspaceFilters
from harbor_sdk.models.insight import EventType, KeyInfo, RequestLog
from harbor_sdk.sync.runner import Page, Runner


class EventTypes:
    """The catalogue: what types mean. Events may use types that are not in it.

    A key of one workspace needs no `workspace_id`; a key of the organization does.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def list(self, **filters: Unpack[WorkspaceFilters]) -> Page[EventType]:
        """One page of the catalogue."""
        return self._runner.page(calls.event_types(**filters))

    def list_auto(self, **filters: Unpack[WorkspaceFilters]) -> Iterator[EventType]:
        """The whole catalogue, page by page."""
        return self._runner.each(calls.event_types(**filters))

    def retrieve(self, name: str, *, workspace_id: str | None = None) -> EventType:
        """The entry of one type."""
        return self._runner.one(calls.event_type(name, workspace_id=workspace_id))

    def put(
        self,
        name: str,
        *,
        description: str | Unset | None = UNSET,
        schema: Mapping[str, Any] | Unset | None = UNSET,
        example: Any = UNSET,
        workspace_id: str | None = None,
    ) -> EventType:
        """Writes an entry, new or not. `schema` is a JSON Schema of the payload."""
        return self._runner.one(
            calls.put_event_type(
                name, description=description, schema=schema, example=example, workspace_id=workspace_id
            )
        )

    def delete(self, name: str, *, workspace_id: str | None = None) -> None:
        """Removes an entry. Events of the type stay."""
        self._runner.one(calls.delete_event_type(name, workspace_id=workspace_id))


class RequestLogs:
    """Requests as the server saw them, kept for a week."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def list(self, **filters: Unpack[RequestLogFilters]) -> Page[RequestLog]:
        """One page of requests, newest first."""
        return self._runner.page(calls.request_logs(**filters))

    def list_auto(self, **filters: Unpack[RequestLogFilters]) -> Iterator[RequestLog]:
        """All requests that match, page by page."""
        return self._runner.each(calls.request_logs(**filters))

    def retrieve(self, request_id: str) -> RequestLog:
        """The request that an error's `request_id` names."""
        return self._runner.one(calls.request_log(request_id))


class Key:
    """The key this client uses."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def retrieve(self) -> KeyInfo:
        """What the key may do, where, and until when."""
        return self._runner.one(calls.key())
