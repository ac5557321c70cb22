"""Test results on the wire. Source: docs/products/appharbor.md#tests."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.routes import Route
from harbor.products.appharbor_apps.access.model import READ
from harbor.products.appharbor_apps.telling import number_of
from harbor.products.appharbor_apps.test_results import service
from harbor.products.appharbor_apps.test_results.model import Node
from harbor.products.appharbor_apps.wire import show_duration

Listed = tuple[str, int, Node]


def index(call: Call, slug: str, build_id: str) -> list[Listed]:
    """The trees of a build, with what their addresses need."""
    number = number_of(build_id)
    return [(slug, number, node) for node in service.listing(call, slug, number)]


def retrieve(call: Call, slug: str, build_id: str, path: str) -> Node:
    """One group or test."""
    return service.find(call, slug, number_of(build_id), path)


def show(node: Node) -> dict[str, Any]:
    """A node with everything below it. What failed says why."""
    shown: dict[str, Any] = {
        "id": node.path,
        "name": node.name,
        "status": node.status.value,
        "kind": node.kind.value,
        "duration": show_duration(node.duration_us),
        "tests": [show(each) for each in node.items],
    }
    more = {"message": node.message, "stack_trace": node.stack_trace, "output": node.output}
    return shown | {name: text for name, text in more.items() if text is not None}


def show_listed(listed: Listed, call: Call) -> dict[str, Any]:
    """A tree in the list, with its address."""
    slug, build_id, node = listed
    url = f"{call.base_url}/applications/{slug}/builds/{build_id}/tests/{node.path}"
    return {**show(node), "url": url}


_ALL = "/applications/{slug}/builds/{build_id}/tests"
ROUTES = (
    Route("tests.list", "GET", _ALL, index, show=show_listed, scope=READ, summary="List the tests of a build"),
    Route("tests.retrieve", "GET", f"{_ALL}/{{path}}", retrieve, show=show, scope=READ, summary="Retrieve a test"),
)
