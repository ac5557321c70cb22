"""What WHERE says of one table, as the conditions of a search: the indexes find candidates, WHERE decides.

A condition that is made here holds for every row that WHERE lets through. `is_exact` says that it holds for no others, so
that order and part can be left to the search as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.search.model import CONDITIONS_MAX, Comparator, Condition, Group, Node
from harbor.products.harper_tables.sql import operators as op
from harbor.products.harper_tables.sql.compiling import Compiler
from harbor.products.harper_tables.sql.functions.texts import folded
from harbor.products.harper_tables.sql.scope import Source
from harbor.products.harper_tables.sql.tree import Between, Binary, Expr, In, Like, Logic, Name
from harbor.products.harper_tables.values import Instant

_COMPARATORS = {
    "=": Comparator.EQUALS,
    "<": Comparator.LESS,
    "<=": Comparator.LESS_EQUAL,
    ">": Comparator.GREATER,
    ">=": Comparator.GREATER_EQUAL,
}
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_IN_MAX = CONDITIONS_MAX
# Letters of a LIKE prefix that are looked up in both cases: eight spans.
_CASED_MAX = 3


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The conditions on one source."""

    node: Group
    is_exact: bool


def parts_of(where: Expr | None) -> list[Expr]:
    """The conditions that must all hold."""
    if where is None:
        return []
    if isinstance(where, Logic) and where.sign == "AND":
        return [part for each in where.parts for part in parts_of(each)]
    return [where]


def narrowed(parts: list[Expr], source: Source, compiler: Compiler) -> Narrowed:
    """What conditions that must all hold say of one source."""
    nodes: list[Node] = []
    is_exact = True
    for part in parts:
        found = _node(part, source, compiler)
        if found is None:
            is_exact = False
            continue
        nodes.append(found[0])
        is_exact = is_exact and found[1]
    return Narrowed(Group(tuple(nodes)), is_exact)


Found = tuple[Node, bool] | None


def _node(expr: Expr, source: Source, compiler: Compiler) -> Found:
    if isinstance(expr, Binary):
        return _comparison(expr, source, compiler)
    if isinstance(expr, Between) and not expr.is_negated:
        low = _comparison(Binary(">=", expr.operand, expr.low), source, compiler)
        high = _comparison(Binary("<=", expr.operand, expr.high), source, compiler)
        return _range(low, high)
    if isinstance(expr, In) and not expr.is_negated and expr.query is None:
        return _in(expr, source, compiler)
    if isinstance(expr, Like) and not expr.is_negated and expr.escape is None:
        return _like(expr, source, compiler)
    if isinstance(expr, Logic) and expr.sign == "OR":
        return _either(expr, source, compiler)
    return None


def _range(low: Found, high: Found) -> Found:
    if low is None or high is None:
        known = low or high
        return None if known is None else (known[0], False)
    a, b = low[0], high[0]
    if isinstance(a, Condition) and isinstance(b, Condition):
        return Condition(a.path, Comparator.BETWEEN, [a.value, b.value]), low[1] and high[1]
    return Group((a, b)), low[1] and high[1]


def _either(expr: Logic, source: Source, compiler: Compiler) -> Found:
    found: list[tuple[Node, bool]] = []
    for part in expr.parts:
        sides = [_node(each, source, compiler) for each in parts_of(part)]
        known = [side for side in sides if side is not None]
        if not known:
            return None
        node = known[0][0] if len(known) == 1 else Group(tuple(side[0] for side in known))
        found.append((node, len(known) == len(sides) and all(side[1] for side in known)))
    return Group(tuple(node for node, _ in found), is_any=True), all(exact for _, exact in found)


def _comparison(expr: Binary, source: Source, compiler: Compiler) -> Found:
    sign, column, other = expr.sign, expr.left, expr.right
    if isinstance(other, Name) and not isinstance(column, Name):
        sign, column, other = _MIRRORED.get(sign, ""), other, column
    if sign not in _COMPARATORS or (path := _path(column, source, compiler)) is None:
        return None
    constant = compiler.constant(other)
    if constant is None:
        return None
    value = compiler.as_date(constant[0], column)
    if op.is_null(value):
        return Condition(path, Comparator.IN, []), True  # nothing is so
    if sign == "=":
        return _equal(path, value, compiler.fixed.compat)
    return _ordered(path, _COMPARATORS[sign], value, compiler.fixed.compat)


def _equal(path: tuple[str, ...], value: Any, compat: Compat) -> Found:
    values = list(_alike(value, compat))
    if len(values) == 1:
        return Condition(path, Comparator.EQUALS, value), not isinstance(value, list | dict)
    return Condition(path, Comparator.IN, values), False


def _ordered(path: tuple[str, ...], comparator: Comparator, value: Any, compat: Compat) -> Found:
    if isinstance(value, list | dict | bool) or compat is Compat.V4:
        return None
    if isinstance(value, str) and (date := Instant.parse(value)) is not None:
        either = (Condition(path, comparator, value), Condition(path, comparator, date))
        return Group(either, is_any=True), False
    return Condition(path, comparator, value), True


def _in(expr: In, source: Source, compiler: Compiler) -> Found:
    path = _path(expr.operand, source, compiler)
    if path is None:
        return None
    values: list[Any] = []
    for each in expr.items:
        constant = compiler.constant(each)
        if constant is None:
            return None
        listed = constant[0] if isinstance(constant[0], list) else [constant[0]]
        values += [compiler.as_date(value, expr.operand) for value in listed]
    wanted = [alike for value in values if not op.is_null(value) for alike in _alike(value, compiler.fixed.compat)]
    if len(wanted) > _IN_MAX:
        return None
    return Condition(path, Comparator.IN, wanted), compiler.fixed.compat is Compat.V5


def _alike(value: Any, compat: Compat) -> Iterator[Any]:
    """A value, and those that are equal to it though they are of another kind."""
    yield value
    if isinstance(value, str) and (date := Instant.parse(value)) is not None:
        yield date
    if compat is Compat.V4:
        yield from op.lenient_twins(value)


def _like(expr: Like, source: Source, compiler: Compiler) -> Found:
    """Case is folded in LIKE and not in the index, so a few letters of the prefix are looked up in both cases."""
    path, constant = _path(expr.operand, source, compiler), compiler.constant(expr.pattern)
    if path is None or constant is None or not isinstance(constant[0], str) or isinstance(expr.pattern, Name):
        return None
    prefix = constant[0].split("%")[0].split("_")[0]
    # What a number or a date looks like as text is not in the index, so the prefix must be one of texts alone.
    if not prefix or not prefix.isascii() or not prefix[0].isalpha() or prefix[0] in "tfTF[{":
        return None
    letters: list[tuple[str, ...]] = []
    for letter in prefix:
        if letter.isalpha() and sum(len(each) > 1 for each in letters) == _CASED_MAX:
            break
        letters.append((folded(letter), letter.upper()) if letter.isalpha() else (letter,))
    spellings = ["".join(each) for each in product(*letters)]
    return Group([Condition(path, Comparator.STARTS_WITH, each) for each in spellings], is_any=True), False


def _path(expr: Expr, source: Source, compiler: Compiler) -> tuple[str, ...] | None:
    if not isinstance(expr, Name):
        return None
    column = compiler.scope.find(expr.parts, compiler.where)
    # Properties within values have no index, and arrays on the way mean something else in a search.
    return (column.name,) if column.source is source and not column.path else None
