"""The explorer's pages, and the key it calls with: one of the sandbox that ends within the hour."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from harbor.console.explorer.model import Api
from harbor.console.explorer.sdk_names import python_name, typescript_name
from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Missing
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Html, Link, Section
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.kernel.identity.model import Environment
from harbor.products.harbor_events import located, scopes
from harbor.products.harbor_events.api_keys import service as api_keys

_PATH = "/{environment}/explorer/{workspace_id}"
KEY_LIFETIME = timedelta(hours=1)


class Search(Query):
    """Words that an operation must say."""

    q: str = ""


def index(services: Services, query: Search) -> Html:
    """All APIs and their operations."""
    apis = _apis(services)
    found = [(api, api.grouped(query.q)) for api in apis]
    return Html("index.html", "API explorer", {"found": found, "q": query.q, "count": _count(found)})


def show(services: Services, workspace_id: str, api: str, operation: str) -> Html:
    """One operation: what it takes, what it answers, and a form to call it."""
    chosen = next((one for one in _apis(services) if one.name == api), None)
    found = chosen.find(operation) if chosen is not None else None
    if chosen is None or found is None:
        raise Missing(f"There is no operation {operation[:100]} in the APIs of this installation.")
    return Html(
        "operation.html",
        found.summary,
        {
            "api": chosen,
            "operation": found,
            "body": _about(found.body, workspace_id),
            "python": python_name(api, operation),
            "typescript": typescript_name(api, operation),
        },
        trail=(("API explorer", _PATH),),
    )


def make_key(call: Call, workspace_id: str) -> Html:
    """A key of a workspace for the calls of this page. Production has none of these: use a key of your own there."""
    if call.principal.environment is not Environment.SANDBOX:
        raise Denied("Keys for the explorer are made in the sandbox only.", code="sandbox_only")
    made = api_keys.create(
        call, workspace_id, api_keys.Changes(name="API explorer", expires_at=call.tx.now + KEY_LIFETIME)
    )
    return Html("key.html", "Your key for the explorer", {"made": made})


def _about(body: str | None, workspace_id: str) -> str | None:
    """The body to begin with, about the workspace in whose pages one is."""
    value = json.loads(body) if body is not None else None
    if not isinstance(value, dict) or "workspace_id" not in value:
        return body
    return json.dumps({**value, "workspace_id": workspace_id}, indent=2, ensure_ascii=False)


def _apis(services: Services) -> Sequence[Api]:
    read: Callable[[], Sequence[Api]] = services.tools["apis"]
    return read()


def _count(found: Sequence[tuple[Api, Mapping[str, Sequence[object]]]]) -> int:
    return sum(len(operations) for _, groups in found for operations in groups.values())


SECTION = Section(
    name="explorer",
    label="Developers",
    icon="code",
    links=(Link("API explorer", _PATH),),
    routes=(
        Route("explorer.index", "GET", _PATH, index, locate=located.of_workspace),
        Route("explorer.show", "GET", f"{_PATH}/{{api}}/{{operation}}", show, locate=located.of_workspace),
        Route(
            "explorer.key",
            "POST",
            f"{_PATH}/key",
            make_key,
            writes=True,
            scope=scopes.KEYS_MANAGE,
        ),
    ),
    templates=Path(__file__).parent / "templates",
)
