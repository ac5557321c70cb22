"""Where Harbour's pages lie, what their visitors may do, and pages by number."""

from __future__ import annotations

from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form
from harbor.kernel.http.routes import Place
from harbor.kernel.pages import Page, PageRequest
from harbor.products.harbour_agreements.verifications import service as verifications
from harbor.products.harbour_agreements.webhooks import service as webhooks

PATH: Final = "/{environment}/harbour"
# What members may do, and what only administrators of the organization may. [guide: Organization Admin]
READ: Final = "harbour:read"
REVIEW: Final = "harbour:review"
MANAGE: Final = "harbour:manage"
ROWS: Final = 50
NUMBER_MAX: Final = 100_000


class Numbered(Query, kw_only=True):
    """Which page of a list."""

    number: int = 1

    @property
    def page(self) -> PageRequest:
        """The page asked for; one that cannot be is the first."""
        return PageRequest(limit=ROWS, number=self.number if 1 <= self.number <= NUMBER_MAX else 1)


class Confirmed(Form, kw_only=True):
    """Whether the box was ticked without which nothing is erased."""

    confirm: str = ""


def around(asked: PageRequest, found: Page[Any]) -> dict[str, object]:
    """What a template needs to lead to the pages before and after."""
    total = found.total or 0
    return {"number": asked.number, "total": total, "has_more": asked.offset + len(found.items) < total}


def path_of(environment: str, *parts: str) -> str:
    """The address of a page, below the console."""
    return "/".join((PATH.format(environment=environment), *parts))


def of_verification(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The verification in the path."""
    return Place(workspace_id="", thing=verifications.visible(call, params["verification_id"]))


def of_webhook(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The webhook in the path."""
    return Place(workspace_id="", thing=webhooks.visible(call, params["hook_id"]))


def of_event(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The webhook in the path, and its event."""
    webhook = webhooks.visible(call, params["hook_id"])
    return Place(workspace_id="", thing=(webhook, webhooks.event(call, webhook, params["told_id"])))
