"""Tests of a build: kept when it ends, read as a tree."""

from __future__ import annotations

from collections.abc import Sequence

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.products.appharbor_apps.builds import service as builds
from harbor.products.appharbor_apps.test_results import store
from harbor.products.appharbor_apps.test_results.model import Group, Node, assembled, is_path, numbered


def listing(call: Call, slug: str, build_id: int) -> list[Node]:
    """The trees of a build; none while nothing was run. Raises `Missing` for a build that is not there."""
    call, build = builds.require(call, slug, build_id)
    return assembled(store.of_build(call.tx, call.account_id, build.id))


def find(call: Call, slug: str, build_id: int, path: str) -> Node:
    """The node at a position with everything below it. Raises `Missing`."""
    call, build = builds.require(call, slug, build_id)
    found = assembled(store.below(call.tx, call.account_id, build.id, path)) if is_path(path) else []
    if not found:
        raise Missing("Not Found")
    return found[0]


def put(call: Call, build_id: int, groups: Sequence[Group]) -> None:
    """Keep what a build has run, in place of what a run before has left; the call acts in its account."""
    store.delete_of_build(call.tx, call.account_id, build_id)
    store.insert_all(call.tx, call.account_id, build_id, numbered(groups))


def counts(call: Call, build_id: int) -> dict[str, int]:
    """How many tests of a build went how; the call acts in its account."""
    return store.counts(call.tx, call.account_id, build_id)


def remove(call: Call, build_id: int) -> None:
    """Remove the tests of a build that goes."""
    store.delete_of_build(call.tx, call.account_id, build_id)
