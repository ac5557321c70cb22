"""What lists can be narrowed by. Shared by `list` and `list_auto`, with and without `async`."""

# Annotations are evaluated here: with deferred ones Python 3.11 does not see `Required`.
from collections.abc import Sequence
from typing import Literal, Required, TypedDict

from harbor_sdk.core.moments import Moment

Order = Literal["asc", "desc"]


class PageFilters(TypedDict, total=False):
    """`limit` is 1 to 100; `created_after` counts inclusive, `created_before` exclusive."""

    limit: int | None
    starting_after: str | None
    created_after: Moment | None
    created_before: Moment | None
    order: Order | None


class WorkspaceFilters(PageFilters, total=False):
    """Lists that may be narrowed to one workspace."""

    workspace_id: str | None


class EventFilters(PageFilters, total=False):
    """`type` is one filter or several: exact, `order.*`, or `*`."""

    workspace_id: Required[str]
    type: str | Sequence[str] | None


class WebhookFilters(PageFilters, total=False):
    """`status` is `active` or `disabled`."""

    workspace_id: Required[str]
    status: str | None


class DeliveryFilters(PageFilters, total=False):
    """All given filters must hold."""

    workspace_id: Required[str]
    webhook_id: str | None
    event_id: str | None
    event_type: str | None
    status: str | None
    response_status: int | None


class AdminWorkspaceFilters(PageFilters, total=False):
    """Workspaces of the organization, of both environments unless one is named."""

    environment: str | None
    status: str | None


class OrganizationKeyFilters(PageFilters, total=False):
    """Keys of the organization, of both environments unless one is named."""

    environment: str | None


class RequestLogFilters(WorkspaceFilters, total=False):
    """`status` is that of the reply, `method` a word such as `POST`."""

    status: int | None
    method: str | None
    key_id: str | None


class AuditFilters(PageFilters, total=False):
    """What was done, by whom, to what; in the words of the entries."""

    action: str | None
    actor: str | None
    subject: str | None
