"""API versions: product code speaks the newest; older callers get it walked back at the edge.

A change is never edited once released. If a step cannot be computed from the newest shape, the missing fact belongs into
the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Step = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a version brought. `down` leads from its shapes to those before it, `up` leads older bodies forward."""

    version: str
    summary: str
    source: str
    down: Mapping[str, Step] = field(default_factory=dict)
    up: Mapping[str, Step] = field(default_factory=dict)
    adds_routes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Versions:
    """All changes, newest first, and the version before the oldest of them."""

    changes: Sequence[Change]
    oldest: str

    @property
    def known(self) -> list[str]:
        """All versions, newest first."""
        return [change.version for change in self.changes] + [self.oldest]

    def newer_than(self, version: str) -> list[Change]:
        """The changes a caller of `version` does not know, newest first."""
        return list(self.changes[: self.known.index(version)])

    def has_route(self, version: str, route_name: str) -> bool:
        """Whether a route existed in that version."""
        return not any(route_name in change.adds_routes for change in self.newer_than(version))

    def down(self, version: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        """A shown object in the shape of `version`."""
        for change in self.newer_than(version):
            if kind in change.down:
                value = change.down[kind](value)
        return value

    def up(self, version: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
        """A request body of `version` in the newest shape."""
        for change in reversed(self.newer_than(version)):
            if kind in change.up:
                value = change.up[kind](value)
        return value


def without(*names: str) -> Step:
    """Leave fields out."""
    return lambda value: {name: item for name, item in value.items() if name not in names}


def then(*steps: Step) -> Step:
    """One step after another."""

    def walk(value: dict[str, Any]) -> dict[str, Any]:
        for step in steps:
            value = step(value)
        return value

    return walk
