"""What a search asks for: conditions as a tree, an order, a part. And which index could answer a condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

OUT_BYTES_MAX = 64 * 1024 * 1024
CONDITIONS_MAX = 1_000
DEPTH_MAX = 32


class Comparator(StrEnum):
    """How a value is compared with the operand."""

    EQUALS = "equals"
    NOT_EQUAL = "not_equal"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    GREATER = "greater_than"
    GREATER_EQUAL = "greater_than_equal"
    LESS = "less_than"
    LESS_EQUAL = "less_than_equal"
    BETWEEN = "between"
    IN = "in"
    MATCHES = "matches"
    MATCHES_ALL = "matches_all"
    MATCHES_ANY = "matches_any"


ALIASES = {
    "eq": Comparator.EQUALS,
    "=": Comparator.EQUALS,
    "==": Comparator.EQUALS,
    "===": Comparator.EQUALS,
    "ne": Comparator.NOT_EQUAL,
    "notEqual": Comparator.NOT_EQUAL,
    "!=": Comparator.NOT_EQUAL,
    "!==": Comparator.NOT_EQUAL,
    "ct": Comparator.CONTAINS,
    "sw": Comparator.STARTS_WITH,
    "startsWith": Comparator.STARTS_WITH,
    "ew": Comparator.ENDS_WITH,
    "endsWith": Comparator.ENDS_WITH,
    "gt": Comparator.GREATER,
    "greaterThan": Comparator.GREATER,
    ">": Comparator.GREATER,
    "ge": Comparator.GREATER_EQUAL,
    "gte": Comparator.GREATER_EQUAL,
    "greaterThanEqual": Comparator.GREATER_EQUAL,
    ">=": Comparator.GREATER_EQUAL,
    "lt": Comparator.LESS,
    "lessThan": Comparator.LESS,
    "<": Comparator.LESS,
    "le": Comparator.LESS_EQUAL,
    "lte": Comparator.LESS_EQUAL,
    "lessThanEqual": Comparator.LESS_EQUAL,
    "<=": Comparator.LESS_EQUAL,
}
COMPARATORS = {**{each.value: each for each in Comparator}, **ALIASES}
RANGES = frozenset({Comparator.GREATER, Comparator.GREATER_EQUAL, Comparator.LESS, Comparator.LESS_EQUAL})
TEXTUAL = frozenset({Comparator.CONTAINS, Comparator.STARTS_WITH, Comparator.ENDS_WITH})
WORDS = frozenset({Comparator.MATCHES, Comparator.MATCHES_ALL, Comparator.MATCHES_ANY})
# Those whose operand is one text or number; booleans are let through.
ONE_SCALAR = RANGES | TEXTUAL | WORDS


@dataclass(frozen=True, slots=True)
class Condition:
    """A value at `path` (an attribute, or a property within one) compared with an operand."""

    path: tuple[str, ...]
    comparator: Comparator
    value: Any

    @property
    def attribute(self) -> str:
        """The attribute that the path begins with."""
        return self.path[0]


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all must hold, or (`is_any`) one."""

    parts: Sequence[Node]
    is_any: bool = False


Node = Condition | Group
EVERYTHING = Group(())


@dataclass(frozen=True, slots=True)
class SortKey:
    """One attribute to sort by."""

    attribute: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A whole search. Without `sort` records come in the order of the index that was used, else of their keys."""

    where: Node = EVERYTHING
    sort: tuple[SortKey, ...] = ()
    limit: int | None = None
    offset: int = 0
    is_reversed: bool = False

    @property
    def wanted(self) -> int | None:
        """How many matches are enough; None means all."""
        return None if self.limit is None else self.offset + self.limit


def attributes_of(node: Node) -> list[str]:
    """The attributes that a tree names, each once, in their order."""
    if isinstance(node, Condition):
        return [node.attribute]
    return list(dict.fromkeys(name for part in node.parts for name in attributes_of(part)))
