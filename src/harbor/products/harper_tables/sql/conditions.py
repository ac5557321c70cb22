"""Conditions that are more than an operator: IN, LIKE, IS, EXISTS, and queries in place of a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from harbor.products.harper_tables.sql import operators as op
from harbor.products.harper_tables.sql.faults import wrong
from harbor.products.harper_tables.sql.functions.texts import like, regexp
from harbor.products.harper_tables.sql.tree import Expr, In, Is, Like, Query

if TYPE_CHECKING:
    from harbor.products.harper_tables.sql.compiling import Compiler, Inner

Row = tuple[Any, ...]
Run = Callable[[Row], Any]


def among(compiler: Compiler, expr: In) -> Run:
    """`x IN (…)`"""
    operand = compiler.run(expr.operand)
    if expr.query is not None:
        found = _among_rows(operand, compiler.inner(expr.query))
    else:
        items = [item for each in expr.items for item in _listed(compiler, each, expr.operand)]
        found = _among(operand, items, compiler.fixed.comparing)
    return negated(found) if expr.is_negated else found


def _listed(compiler: Compiler, expr: Expr, operand: Expr) -> list[Run]:
    constant = compiler.constant(expr)
    if constant is not None and isinstance(constant[0], list):
        return [fixed(compiler.as_date(value, operand)) for value in constant[0]]
    return [compiler.beside(expr, operand)]


def _among(operand: Run, items: Sequence[Run], comparing: op.Comparing) -> Run:
    equal = comparing.equal

    def run(row: Row) -> bool | None:
        value, unsure = operand(row), False
        for item in items:
            found = equal(value, item(row))
            if found:
                return True
            unsure = unsure or found is None
        return None if unsure else False

    return run


def _among_rows(operand: Run, inner: Inner) -> Run:
    _one_column(inner)
    kept: list[tuple[set[Any], bool]] = []

    def known(row: Row) -> tuple[set[Any], bool]:
        if kept:
            return kept[0]
        values = [next(iter(each.values())) for each in inner.rows(row)]
        found = {op.group_key(value) for value in values if not op.is_null(value)}
        made = (found, any(op.is_null(value) for value in values))
        if not inner.is_correlated:
            kept.append(made)
        return made

    def run(row: Row) -> bool | None:
        value = operand(row)
        keys, has_null = known(row)
        if op.is_null(value):
            return None if keys or has_null else False
        return True if op.group_key(value) in keys else None if has_null else False

    return run


def alike(compiler: Compiler, expr: Like) -> Run:
    """`x LIKE pattern`"""
    operand, pattern = compiler.run(expr.operand), compiler.run(expr.pattern)
    escape = None if expr.escape is None else compiler.constant(expr.escape)
    if expr.escape is not None and (escape is None or not isinstance(escape[0], str) or len(escape[0]) != 1):
        raise wrong("ESCAPE is one character.")
    letter = None if escape is None else escape[0]

    def run(row: Row) -> bool | None:
        value, wanted = operand(row), pattern(row)
        if op.is_null(value) or op.is_null(wanted):
            return None
        return like(op.to_text(wanted), letter)(op.to_text(value))

    return negated(run) if expr.is_negated else run


def is_what(compiler: Compiler, expr: Is) -> Run:
    """`x IS NULL`, `x IS TRUE`, `x IS FALSE`"""
    operand, is_negated = compiler.run(expr.operand), expr.is_negated
    if expr.what == "NULL":
        return lambda row: op.is_null(operand(row)) is not is_negated
    wanted = expr.what == "TRUE"
    return lambda row: (not op.is_null(value := operand(row)) and op.is_true(value) is wanted) is not is_negated


def exists(compiler: Compiler, query: Query) -> Run:
    """Whether a query gives a row."""
    inner = compiler.inner(query)
    return _once(lambda row: next(iter(inner.rows(row)), None) is not None, inner.is_correlated)


def scalar(compiler: Compiler, query: Query) -> Run:
    """The only value of a query."""
    inner = compiler.inner(query)
    _one_column(inner)

    def run(row: Row) -> Any:
        rows = iter(inner.rows(row))
        first = next(rows, None)
        if first is None:
            return None
        if next(rows, None) is not None:
            raise wrong("A query in place of a value gives more than one row; use LIMIT 1.", "several_rows")
        return next(iter(first.values()))

    return _once(run, inner.is_correlated)


def _one_column(inner: Inner) -> None:
    if inner.width != 1:
        raise wrong("A query in place of a value has one column.", "several_columns")


def _once(run: Run, is_correlated: bool) -> Run:
    if is_correlated:
        return run
    kept: list[Any] = []

    def once(row: Row) -> Any:
        if not kept:
            kept.append(run(row))
        return kept[0]

    return once


def matches(value: Any, pattern: Any) -> bool | None:
    """`x REGEXP pattern`"""
    if op.is_null(value) or op.is_null(pattern):
        return None
    return regexp(op.to_text(pattern))(op.to_text(value))


def fixed(value: Any) -> Run:
    """The same for every row."""
    return lambda row: value


def negated(run: Run) -> Run:
    """NOT."""
    return lambda row: op.negated(run(row))


def all_of(parts: Sequence[Run]) -> Run:
    """AND of three values: false if one is, else NULL if one is."""

    def run(row: Row) -> bool | None:
        unsure = False
        for part in parts:
            value = part(row)
            if value is True:
                continue
            if op.is_null(value):
                unsure = True
            elif not op.is_true(value):
                return False
        return None if unsure else True

    return run


def any_of(parts: Sequence[Run]) -> Run:
    """OR of three values: true if one is, else NULL if one is."""

    def run(row: Row) -> bool | None:
        unsure = False
        for part in parts:
            value = part(row)
            if value is True or op.is_true(value):
                return True
            unsure = unsure or op.is_null(value)
        return None if unsure else False

    return run
