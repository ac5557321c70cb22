"""The audit log of the environment: who did what to which subject, and what it was before. For administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from harbor.kernel.audit.store import Entry
from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Html
from harbor.kernel.http.routes import Route
from harbor.kernel.pages import Page, PageRequest
from harbor.products.harbor_events import scopes
from harbor.products.harbor_events.admin import service
from harbor.products.harbor_events.pages import lists

PATH = "/{environment}/harbor/audit"


class Filters(lists.Listed, kw_only=True):
    """Which acts to show; each word must be met exactly."""

    actor: str = ""
    action: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One field as it was and as it is, as JSON; None where it was not there."""

    field: str
    before: str | None
    after: str | None

    @property
    def is_replaced(self) -> bool:
        """Whether the field was there before, and said something else."""
        return self.before is not None and self.after is not None and self.before != self.after


def index(call: Call, query: Filters, page: PageRequest) -> Html:
    """Acts, newest first. A filter that cannot be is shown with what is wrong."""
    filters = msgspec.structs.asdict(query)
    try:
        found: Page[Entry] = service.audit_log(
            call,
            page,
            action=query.action.strip() or None,
            actor=query.actor.strip() or None,
            subject=query.subject.strip() or None,
            span=query.span,
        )
    except Invalid as error:
        return _list(filters, Page(()), lists.Pager(), error)
    return _list(filters, found, lists.pager(filters, page, found))


def changes(before: str | None, after: str | None) -> list[Change]:
    """The fields of an act, each as it was and as it is. Both texts are JSON objects or None."""
    was, now = _fields(before), _fields(after)
    return [Change(name, was.get(name), now.get(name)) for name in lists.unique([*was, *now])]


def _fields(text: str | None) -> dict[str, str]:
    if text is None:
        return {}
    value: Any = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    return {name: bytes(raw).decode() for name, raw in value.items()}


def _list(filters: Mapping[str, str], found: Page[Entry], pager: lists.Pager, error: Invalid | None = None) -> Html:
    return Html(
        "audit.html",
        "Audit log",
        {
            "entries": [(entry, changes(entry.before, entry.after)) for entry in found.items],
            "filters": filters,
            "is_filtered": any(value for name, value in filters.items() if name != "order"),
            "pager": pager,
            "error": error,
        },
    )


ROUTES = (Route("harbor.audit", "GET", PATH, index, scope=scopes.WORKSPACES_MANAGE, paged=True),)
