"""Requests as the pipeline makes them, for the parts that take one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harbor.kernel.http.request import Mount, Request
from harbor.kernel.identity.model import Environment, Principal

PRINCIPAL = Principal(
    account_id="acc_1",
    organization_id="org_1",
    environment=Environment.SANDBOX,
    actor="key_1",
    credential_id="key_1",
    workspace_id="ws_1",
)


def request(
    method: str = "GET",
    path: str = "/things",
    *,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    client: str | None = "10.0.0.1",
    mount: Mount | None = None,
    **found: Any,
) -> Request:
    """A request; `found` is what the pipeline has found out about it already."""
    scope = {
        "type": "http",
        "method": method,
        "query_string": query.encode("latin-1"),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()],
        "client": None if client is None else (client, 50_000),
    }
    made = Request(scope, path, mount or Mount(), "req_1")
    for name, value in found.items():
        setattr(made, name, value)
    return made
