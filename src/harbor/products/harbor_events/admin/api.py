"""Administration on the wire: workspaces, audit log, organization, queue, calendar."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict

import msgspec

from harbor.kernel.audit.store import Entry
from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Denied
from harbor.kernel.http.decode import Body
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Created, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import Stage
from harbor.kernel.identity.model import Environment
from harbor.kernel.identity.store import Organization
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.workspaces.model import Status, SuspensionReason, Workspace
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.admin import service
from harbor.products.harbor_events.wire import Span
from harbor.products.harbor_events.workspaces import service as workspaces
from harbor.products.harbor_events.workspaces.api import show as show_workspace

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
EnvironmentWord = Literal["production", "sandbox"]
ADVANCE_S_MAX = 10 * 366 * 86_400


class ListWorkspaces(Span, kw_only=True):
    """Which workspaces to list."""

    environment: EnvironmentWord | None = None
    status: Literal["active", "suspended", "archived"] | None = None


class CreateWorkspace(Body):
    """A new workspace. A root key says in which environment; an organization key has its own."""

    name: Name
    environment: EnvironmentWord | None = None


class UpdateWorkspace(Body):
    """Another display name."""

    name: Name


class Suspend(Body):
    """Why. `policy` closes reads too."""

    reason: Literal["billing", "policy", "manual"] = "manual"


class ListAudit(Span, kw_only=True):
    """Which acts to list."""

    action: str | None = None
    actor: str | None = None
    subject: str | None = None


class Advance(Body):
    """How far the manual calendar moves."""

    seconds: Annotated[float, msgspec.Meta(gt=0, le=ADVANCE_S_MAX)]


class AuditBody(TypedDict):
    """An act as it is shown."""

    id: str
    action: str
    product: str
    subject: str
    actor: str
    workspace_id: str | None
    request_id: str | None
    event_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    created_at: datetime


class OrganizationBody(TypedDict):
    """The organization as it is shown."""

    id: str
    name: str
    created_at: datetime


class QueueBody(TypedDict):
    """The queue of deliveries as it is shown."""

    depth: int
    due: int
    retrying: int
    in_flight: int
    paused: int
    lag_ms: int
    oldest_due_at: datetime | None


class RanBody(TypedDict):
    """What ran at one moment of an advance."""

    at: datetime
    deliveries: int
    jobs: list[str]


class ClockBody(TypedDict):
    """The calendar as it is shown."""

    now: datetime
    mode: str


class AdvancedBody(ClockBody):
    """The calendar after an advance, and what ran on the way."""

    ran: list[RanBody]


def list_workspaces(call: Call, query: ListWorkspaces, page: PageRequest) -> Page[Workspace]:
    """All workspaces the key reaches, newest first."""
    return workspaces.listed(
        call,
        page,
        environment=Environment(query.environment) if query.environment else None,
        status=Status(query.status) if query.status else None,
        span=query.span,
    )


def create_workspace(call: Call, body: CreateWorkspace) -> Created[Workspace]:
    """A new workspace."""
    environment = Environment(body.environment) if body.environment else None
    return Created(workspaces.create(call, name=body.name, environment=environment))


def retrieve_workspace(call: Call, workspace_id: str) -> Workspace:
    """One workspace."""
    return workspaces.administered(call, workspace_id)[1]


def update_workspace(call: Call, workspace_id: str, body: UpdateWorkspace) -> Workspace:
    """Rename a workspace."""
    return workspaces.rename(call, workspace_id, name=body.name)


def delete_workspace(call: Call, workspace_id: str, services: Services) -> None:
    """Purge an archived workspace after the days of grace."""
    workspaces.delete(call, workspace_id, grace_days=services.tools["delete_grace_days"])


def suspend_workspace(call: Call, workspace_id: str, body: Suspend) -> Workspace:
    """Refuse writes and hold deliveries."""
    return workspaces.suspend(call, workspace_id, reason=SuspensionReason(body.reason))


def activate_workspace(call: Call, workspace_id: str) -> Workspace:
    """Take writes again and wake held deliveries."""
    return workspaces.activate(call, workspace_id)


def archive_workspace(call: Call, workspace_id: str) -> Workspace:
    """Keep a workspace for reading only."""
    return workspaces.archive(call, workspace_id)


def audit_log(call: Call, query: ListAudit, page: PageRequest) -> Page[Entry]:
    """Who did what to which subject, newest first."""
    return service.audit_log(
        call,
        page,
        action=query.action,
        actor=query.actor,
        subject=query.subject,
        span=query.span,
    )


def organization(call: Call) -> Organization:
    """The caller's organization."""
    return service.organization(call)


def queue(call: Call) -> service.Queue:
    """Depth and lag of the queue of deliveries."""
    return service.queue_state(call)


def clock(call: Call, services: Services) -> ClockBody:
    """The calendar. Only the root key sees it."""
    _require_root(call)
    return {"now": services.clock.now(), "mode": services.tools["calendar"].mode}


async def advance_clock(stage: Stage, services: Services, request: Request) -> Reply:  # noqa: ARG001
    """Move the manual calendar from one due moment to the next, and run what is due at each."""

    def check(call: Call, body: Advance, _place: object) -> float:
        _require_root(call)
        if services.tools["calendar"].mode != "manual":
            raise Conflict("The clock is not manual; start the server with HARBOR_CLOCK=manual to advance it.")
        return body.seconds

    seconds = await stage.first(check)
    ran = await services.tools["calendar"].advance(seconds)
    return await stage.last(lambda _call: {"now": services.clock.now(), "mode": "manual", "ran": ran})


def show_audit(entry: Entry) -> AuditBody:
    """The fields of an act."""
    return {
        "id": entry.id,
        "action": entry.action,
        "product": entry.product,
        "subject": entry.subject,
        "actor": entry.actor,
        "workspace_id": entry.workspace_id,
        "request_id": entry.request_id,
        "event_id": entry.event_id,
        "before": _raw(entry.before),
        "after": _raw(entry.after),
        "created_at": entry.created_at,
    }


def show_organization(found: Organization) -> OrganizationBody:
    """The fields of an organization."""
    return {"id": found.id, "name": found.name, "created_at": found.created_at}


def show_queue(state: service.Queue) -> QueueBody:
    """The fields of the queue."""
    return {
        "depth": state.depth,
        "due": state.due,
        "retrying": state.retrying,
        "in_flight": state.in_flight,
        "paused": state.paused,
        "lag_ms": state.lag_ms,
        "oldest_due_at": state.oldest_due_at,
    }


def _require_root(call: Call) -> None:
    if not call.principal.is_root:
        raise Denied("This needs the admin key that `harbor init` printed.", code="permission_denied")


def _raw(text: str | None) -> Any:
    return None if text is None else msgspec.Raw(text.encode())


_ALL = "/admin/v1/workspaces"
_ONE = f"{_ALL}/{{workspace_id}}"
_SCOPE = scopes.WORKSPACES_MANAGE
_TAGS = ("Administration",)


def _route(name: str, method: str, path: str, handler: Any, summary: str, **more: Any) -> Route:
    settings = {"scope": _SCOPE, "writes": method != "GET", **more}
    return Route(name, method, path, handler, summary=summary, tags=_TAGS, **settings)


ROUTES = (
    _route(
        "admin.workspaces.list", "GET", _ALL, list_workspaces, "List all workspaces", show=show_workspace, paged=True
    ),
    _route(
        "admin.workspaces.create", "POST", _ALL, create_workspace, "Create a workspace", show=show_workspace, status=201
    ),
    _route("admin.workspaces.retrieve", "GET", _ONE, retrieve_workspace, "Retrieve any workspace", show=show_workspace),
    _route("admin.workspaces.update", "PUT", _ONE, update_workspace, "Rename a workspace", show=show_workspace),
    _route("admin.workspaces.delete", "DELETE", _ONE, delete_workspace, "Delete an archived workspace", status=204),
    _route(
        "admin.workspaces.suspend",
        "POST",
        f"{_ONE}/suspend",
        suspend_workspace,
        "Suspend a workspace",
        show=show_workspace,
    ),
    _route(
        "admin.workspaces.activate",
        "POST",
        f"{_ONE}/activate",
        activate_workspace,
        "Activate a workspace",
        show=show_workspace,
    ),
    _route(
        "admin.workspaces.archive",
        "POST",
        f"{_ONE}/archive",
        archive_workspace,
        "Archive a workspace",
        show=show_workspace,
    ),
    _route("admin.audit_log", "GET", "/admin/v1/audit_log", audit_log, "List acts", show=show_audit, paged=True),
    _route(
        "admin.organization",
        "GET",
        "/admin/v1/organization",
        organization,
        "Retrieve the organization",
        show=show_organization,
    ),
    _route(
        "admin.queue",
        "GET",
        "/admin/v1/deliveries/queue",
        queue,
        "Depth and lag of the queue",
        show=show_queue,
        read="long",
    ),
    _route("admin.clock", "GET", "/admin/v1/clock", clock, "The calendar", scope=None),
    _route(
        "admin.clock.advance",
        "POST",
        "/admin/v1/clock/advance",
        advance_clock,
        "Advance the manual calendar",
        scope=None,
        writes=False,
        journey=True,
        takes=Advance,
        reply=AdvancedBody,
    ),
)
