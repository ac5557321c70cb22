"""What a caller may do with the catalogue of event types."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.pages import Page, PageRequest, Span
from harbor.kernel.webhooks.matching import check_type
from harbor.kernel.workspaces.model import Workspace
from harbor.products.harbor_events.event_types import store
from harbor.products.harbor_events.event_types.model import TYPES_MAX, EventType, check_description, check_document
from harbor.products.harbor_events.refusals import no_cursor, not_found


def find(call: Call, workspace: Workspace, name: str) -> EventType:
    """One entry, or `Missing`."""
    found = store.find(call.tx, call.account_id, workspace.id, name)
    if found is None:
        shown = name[:128].encode("utf-8", "backslashreplace").decode()
        missing = not_found("event type", shown)
        missing.message = f"No event type found with name {shown}."
        raise missing
    return found


def listed(call: Call, workspace: Workspace, page: PageRequest, span: Span) -> Page[EventType]:
    """The catalogue in the order of names."""
    if page.after is not None and store.find(call.tx, call.account_id, workspace.id, page.after) is None:
        raise no_cursor("event type")
    return store.by_name(call.tx, call.account_id, workspace.id, page, span)


def put(
    call: Call,
    workspace: Workspace,
    name: str,
    *,
    description: str | None,
    json_schema: str | None,
    example: str | None,
) -> tuple[EventType, bool]:
    """Add or replace an entry; True if it is new."""
    before = store.find(call.tx, call.account_id, workspace.id, check_type(name, field="name"))
    if before is None and store.count(call.tx, call.account_id, workspace.id) >= TYPES_MAX:
        raise Invalid(
            f"Workspace {workspace.id} has {TYPES_MAX} event types in its catalogue, which is the most; delete one first."
        )
    type_ = EventType(
        account_id=call.account_id,
        workspace_id=workspace.id,
        name=name,
        description=check_description(description),
        json_schema=check_document(json_schema, "schema"),
        example=check_document(example, "example"),
        created_at=before.created_at if before else call.tx.now,
        updated_at=call.tx.now,
    )
    store.put(call.tx, type_)
    _tell(call, "harbor.event_type.updated" if before else "harbor.event_type.created", workspace, name)
    return type_, before is None


def delete(call: Call, workspace: Workspace, name: str) -> None:
    """Remove an entry; events of the type are not touched."""
    find(call, workspace, name)
    store.delete(call.tx, call.account_id, workspace.id, name)
    _tell(call, "harbor.event_type.deleted", workspace, name)


def _tell(call: Call, type_: str, workspace: Workspace, name: str) -> None:
    call.emit(type_, subject=name, data={"name": name, "workspace_id": workspace.id}, workspace_id=workspace.id)
