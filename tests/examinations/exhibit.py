"""What an examination must know of a product beyond its route table: how its callers and its objects come about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.factories import Key, Organization, make_key
from tests.harness import CallOf

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.http.product import Product
from harbor.kernel.http.routes import Route
from harbor.kernel.identity.model import CredentialKind
from harbor.kernel.jobs.model import JobKind
from harbor.kernel.storage.migrate import Area
from harbor.kernel.webhooks.dispatch.dispatcher import Means
from harbor.kernel.webhooks.view import View
from harbor.kernel.workspaces.model import Workspace

Caller = Literal["account", "workspace", "root"]


@dataclass(frozen=True, slots=True)
class Tenant:
    """Somebody with an account, two workspaces in it, and a path of the receiver that is theirs alone."""

    organization: Organization
    workspace: Workspace
    neighbour: Workspace
    url: str


Make = Callable[[Call, Tenant], str]
Fill = Callable[[Call, Tenant, Mapping[str, str]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """One product. `things` makes the object that a path parameter names, `arranged` for one route in its own state,
    and `before` does what must have been done before a route is asked.

    `fields` says what a field or query parameter of that name holds; `fills` adds an item to what a route lists, where
    the slice has no route that creates one. `one_path` says how a request is put on a path shared by all routes.
    """

    name: str
    product: Callable[[ManualClock], Product]
    headers: Callable[[str], Mapping[str, str]]
    secret: Callable[[], str | None] = lambda: None
    caller: Callable[[Route], Caller] = lambda _route: "account"
    has_workspaces: bool = False
    one_path: str | None = None
    views: Sequence[View] = ()
    kinds: Callable[[CallOf], Sequence[JobKind]] = lambda _call_of: ()
    areas: Callable[[str], Sequence[Area]] = lambda _engine: ()
    tools: Callable[[Path, Means], Mapping[str, Any]] = lambda _folder, _means: {}
    things: Mapping[str, Make] = field(default_factory=dict)
    before: Mapping[str, Callable[[Call], object]] = field(default_factory=dict)
    arranged: Mapping[str, Make] = field(default_factory=dict)
    fields: Mapping[str, Callable[[Tenant], object]] = field(default_factory=dict)
    fills: Mapping[str, Fill] = field(default_factory=dict)

    def key(self, call: Call, caller: Caller, tenant: Tenant, scopes: Sequence[str] | None = None) -> Key:
        """A key of a tenant: of the account, of its workspace, or the root key."""
        return make_key(
            call,
            workspace=tenant.workspace if caller == "workspace" else None,
            kind=CredentialKind.ROOT if caller == "root" else None,
            scopes=scopes,
            secret=self.secret(),
        )
