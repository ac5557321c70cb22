"""A node of the tree of tests, and how the state of a group follows from what is in it.

Source: docs/products/appharbor.md#tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

NODES_MAX: Final = 20_000
DEPTH_MAX: Final = 16
NAME_LENGTH_MAX: Final = 500
TEXT_LENGTH_MAX: Final = 16_000
_DIGITS = 6


class Status(StrEnum):
    """How a test went."""

    PASSED = "Passed"
    FAILED = "Failed"
    SKIPPED = "Skipped"


class Kind(StrEnum):
    """Whether a node is a test or holds others."""

    GROUP = "Group"
    TEST = "Test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test as it was reported."""

    name: str
    status: Status
    duration_us: int = 0
    message: str | None = None
    stack_trace: str | None = None
    output: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Tests and groups that belong together. `duration_us` None is the sum of what is in it."""

    name: str
    items: Sequence[Group | Case]
    duration_us: int | None = None

    @property
    def status(self) -> Status:
        """Failed if anything failed, else passed if anything passed, else skipped."""
        found = {item.status for item in self.items}
        return next((each for each in (Status.FAILED, Status.PASSED) if each in found), Status.SKIPPED)

    @property
    def total_us(self) -> int:
        """Its own duration, else the sum."""
        if self.duration_us is not None:
            return self.duration_us
        return sum(each.total_us if isinstance(each, Group) else each.duration_us for each in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node as it is kept: `path` is its position, like 3.1; `items` are filled when a tree is put together."""

    path: str
    name: str
    status: Status
    kind: Kind
    duration_us: int
    message: str | None = None
    stack_trace: str | None = None
    output: str | None = None
    items: list[Node] = field(default_factory=list)


def numbered(groups: Sequence[Group]) -> list[Node]:
    """All nodes of a tree in their order, each with its position; at most 20,000 of them."""
    found: list[Node] = []
    for node in _walk(groups, ""):
        if len(found) >= NODES_MAX:
            break
        found.append(node)
    return found


def _walk(items: Sequence[Group | Case], before: str) -> Iterator[Node]:
    for number, item in enumerate(items, 1):
        path = f"{before}{number}"
        if isinstance(item, Case):
            yield Node(
                path=path,
                name=_clip(item.name, NAME_LENGTH_MAX) or "test",
                status=item.status,
                kind=Kind.TEST,
                duration_us=item.duration_us,
                message=_clip(item.message, TEXT_LENGTH_MAX),
                stack_trace=_clip(item.stack_trace, TEXT_LENGTH_MAX),
                output=_clip(item.output, TEXT_LENGTH_MAX),
            )
            continue
        yield Node(
            path=path,
            name=_clip(item.name, NAME_LENGTH_MAX) or "tests",
            status=item.status,
            kind=Kind.GROUP,
            duration_us=item.total_us,
        )
        if path.count(".") < DEPTH_MAX:
            yield from _walk(item.items, f"{path}.")


def sort_key(path: str) -> str:
    """A text that sorts as the numbers of a position do: 2 before 10."""
    return ".".join(part.zfill(_DIGITS) for part in path.split("."))


def is_path(text: str) -> bool:
    """Whether a text is a position."""
    parts = text.split(".")
    return len(parts) <= DEPTH_MAX + 1 and all(
        part.isascii() and part.isdigit() and len(part) <= _DIGITS for part in parts
    )


def assembled(nodes: Sequence[Node]) -> list[Node]:
    """The roots of a list of nodes in their order, with everything below them."""
    by_path = {node.path: node for node in nodes}
    roots: list[Node] = []
    for node in nodes:
        parent = by_path.get(node.path.rpartition(".")[0])
        (roots if parent is None else parent.items).append(node)
    return roots


def _clip(text: str | None, length: int) -> str | None:
    if not text:
        return None
    clean = text.replace("\0", "�").encode("utf-8", "replace").decode()
    return clean if len(clean) <= length else clean[: length - 1] + "…"
