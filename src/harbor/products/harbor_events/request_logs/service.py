"""Who may see which requests: those of the key's own workspace, or of the account for an organization key."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.pages import Page, PageRequest, Span
from harbor.kernel.requestlog import store
from harbor.kernel.requestlog.store import Entry
from harbor.products.harbor_events.refusals import no_cursor, not_found


def listed(
    call: Call,
    page: PageRequest,
    *,
    workspace_id: str | None,
    status: int | None,
    method: str | None,
    credential_id: str | None,
    span: Span,
) -> Page[Entry]:
    """Requests, newest first."""
    if page.after is not None and _seen(call, page.after) is None:
        raise no_cursor("request")
    return store.by_id(
        call.tx,
        call.account_id,
        page,
        workspace_id=workspace_id,
        status=status,
        method=method,
        credential_id=credential_id,
        span=span,
    )


def find(call: Call, request_id: str) -> Entry:
    """One request. A moment may pass between a reply and its line here."""
    entry = _seen(call, request_id)
    if entry is None:
        raise not_found("request", request_id)
    return entry


def _seen(call: Call, request_id: str) -> Entry | None:
    entry = store.find(call.tx, call.account_id, request_id)
    own = call.principal.workspace_id
    return entry if entry is not None and own in (None, entry.workspace_id) else None
