"""What a caller may do with workspaces, and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Invalid
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Environment
from harbor.kernel.pages import Page, PageRequest, Span
from harbor.kernel.webhooks.parking import store as parking
from harbor.kernel.workspaces import store
from harbor.kernel.workspaces.model import Status, SuspensionReason, Workspace, check_name
from harbor.products.harbor_events.refusals import no_cursor, not_found

# What one request parks, wakes or cancels at once; the dispatcher and the sweep do the rest.
STEP_ROWS = 2_000


def visible(call: Call, workspace_id: str) -> Workspace:
    """A workspace that the caller's key may address; any other is missing."""
    own = call.principal.workspace_id
    workspace = call.workspace(workspace_id) if own is None or own == workspace_id else None
    if workspace is None or workspace.purge_at is not None:
        raise not_found("workspace", workspace_id)
    return workspace


def seen(call: Call, page: PageRequest, span: Span) -> Page[Workspace]:
    """The workspaces that the key can see: its own, or all of the account for an organization key."""
    own = call.principal.workspace_id
    if page.after is not None:
        is_seen = page.after == own if own else store.find(call.tx, call.account_id, page.after) is not None
        if not is_seen:
            raise no_cursor("workspace")
    if own is not None:
        return Page((visible(call, own),) if page.after is None else ())
    return store.by_id(call.tx, [call.account_id], page, span=span)


# Administration. A root key spans both accounts of its organization, so the account follows from the workspace.


def accounts(call: Call, environment: Environment | None = None) -> list[str]:
    """The accounts an administrator's key reaches."""
    if not call.principal.is_root:
        return [call.account_id]
    found = identity.accounts_of(call.tx, call.principal.organization_id)
    return [account.id for account in found.values() if environment is None or account.environment is environment]


def administered(call: Call, workspace_id: str) -> tuple[Call, Workspace]:
    """The workspace and a call within its account. Raises `Missing` if it is none of the organization's."""
    account_id = store.account_of(call.tx, workspace_id)
    if account_id is None or account_id not in accounts(call):
        raise not_found("workspace", workspace_id)
    inside = call.within(account_id)
    workspace = inside.workspace(workspace_id)
    if workspace is None or (workspace.purge_at is not None and workspace.purge_at <= call.tx.now):
        raise not_found("workspace", workspace_id)  # its purge has begun: keys and events may be gone already
    return inside, workspace


def changeable(call: Call, workspace_id: str) -> tuple[Call, Workspace]:
    """The same, for changes. Raises `Conflict` while the workspace is on its way out."""
    inside, workspace = administered(call, workspace_id)
    if workspace.purge_at is not None:
        raise Conflict(f"Workspace {workspace.id} is being deleted; activate it first to keep it.", code="conflict")
    return inside, workspace


def listed(
    call: Call, page: PageRequest, *, environment: Environment | None, status: Status | None, span: Span
) -> Page[Workspace]:
    """All workspaces an administrator can see."""
    if page.after is not None and store.account_of(call.tx, page.after) not in accounts(call):
        raise no_cursor("workspace")
    return store.by_id(call.tx, accounts(call, environment), page, status=status.value if status else None, span=span)


def within_environment(call: Call, environment: Environment | None) -> Call:
    """A call in the account of an environment. A root key may choose, production if it does not; others have one."""
    if call.principal.is_root:
        wanted = environment or Environment.PRODUCTION
        return call.within(identity.accounts_of(call.tx, call.principal.organization_id)[wanted].id)
    if environment is not None and environment is not call.principal.environment:
        raise Invalid(
            f"environment must be {call.principal.environment}: that is where your key belongs.", field="environment"
        )
    return call


def create(call: Call, *, name: str, environment: Environment | None) -> Workspace:
    """A new workspace. A root key says in which environment; an organization key has only its own."""
    call = within_environment(call, environment)
    workspace = Workspace(
        id=call.new_id("ws_"),
        account_id=call.account_id,
        name=check_name(name),
        status=Status.ACTIVE,
        suspension_reason=None,
        is_default=False,
        created_at=call.tx.now,
        updated_at=call.tx.now,
        suspended_at=None,
        purge_at=None,
    )
    store.insert(call.tx, workspace)
    call.subscriptions_changed()
    call.emit(
        "harbor.workspace.created", subject=workspace.id, data={"workspace_id": workspace.id}, workspace_id=workspace.id
    )
    return workspace


def rename(call: Call, workspace_id: str, *, name: str) -> Workspace:
    """Another display name."""
    call.tx.lock("workspace", workspace_id)
    inside, workspace = changeable(call, workspace_id)
    changed = replace(workspace, name=check_name(name), updated_at=call.tx.now)
    _put(inside, changed)
    inside.emit(
        "harbor.workspace.updated",
        subject=workspace.id,
        data={"workspace_id": workspace.id},
        workspace_id=workspace.id,
        before={"name": workspace.name},
        after={"name": changed.name},
    )
    return changed


def suspend(call: Call, workspace_id: str, *, reason: SuspensionReason) -> Workspace:
    """Refuse writes and park what is outstanding; the remaining retry budget of each delivery stands still."""
    call.tx.lock("workspace", workspace_id)
    inside, workspace = changeable(call, workspace_id)
    if workspace.status is Status.ARCHIVED:
        raise Conflict(f"Workspace {workspace.id} is archived; activate it first.", code="workspace_archived")
    changed = replace(
        workspace,
        status=Status.SUSPENDED,
        suspension_reason=reason,
        suspended_at=workspace.suspended_at or call.tx.now,
        updated_at=call.tx.now,
    )
    # Told before it stands, so that those who listen hear of it.
    inside.emit(
        "harbor.workspace.suspended",
        subject=workspace.id,
        data={"workspace_id": workspace.id, "reason": reason.value},
        workspace_id=workspace.id,
    )
    _put(inside, changed)
    parking.park_workspace(call.tx, inside.account_id, workspace.id, STEP_ROWS)
    return changed


def activate(call: Call, workspace_id: str) -> Workspace:
    """Take writes again and wake what was parked."""
    call.tx.lock("workspace", workspace_id)
    inside, workspace = administered(call, workspace_id)
    changed = replace(
        workspace,
        status=Status.ACTIVE,
        suspension_reason=None,
        suspended_at=None,
        purge_at=None,
        updated_at=call.tx.now,
    )
    _put(inside, changed)
    parking.release_workspace(call.tx, inside.account_id, workspace.id, STEP_ROWS)
    inside.emit(
        "harbor.workspace.activated",
        subject=workspace.id,
        data={"workspace_id": workspace.id},
        workspace_id=workspace.id,
    )
    return changed


def archive(call: Call, workspace_id: str) -> Workspace:
    """Keep it for reading only; outstanding deliveries are canceled."""
    call.tx.lock("workspace", workspace_id)
    inside, workspace = changeable(call, workspace_id)
    if workspace.is_default:
        raise Conflict(
            f"Workspace {workspace.id} is the account's default, where events of products go; suspend it instead.",
            code="conflict",
        )
    changed = replace(
        workspace, status=Status.ARCHIVED, suspension_reason=None, suspended_at=None, updated_at=call.tx.now
    )
    _put(inside, changed)
    parking.cancel_workspace(call.tx, inside.account_id, workspace.id, STEP_ROWS)
    inside.emit("harbor.workspace.archived", subject=workspace.id, data={"workspace_id": workspace.id})
    return changed


def delete(call: Call, workspace_id: str, *, grace_days: int) -> None:
    """Purge an archived workspace after the days of grace; until then `activate` brings it back."""
    call.tx.lock("workspace", workspace_id)
    inside, workspace = administered(call, workspace_id)
    if workspace.status is not Status.ARCHIVED:
        raise Conflict(
            f"Workspace {workspace.id} is {workspace.status}; archive it first.", code="workspace_not_archived"
        )
    changed = replace(workspace, purge_at=call.tx.now + timedelta(days=grace_days), updated_at=call.tx.now)
    _put(inside, changed)
    inside.emit("harbor.workspace.deleted", subject=workspace.id, data={"workspace_id": workspace.id})


def _put(inside: Call, workspace: Workspace) -> None:
    store.put(inside.tx, workspace)
    inside.subscriptions_changed()
