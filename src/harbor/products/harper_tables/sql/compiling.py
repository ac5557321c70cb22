"""From an expression to a function of a row.

Names are resolved once, literals and functions of nothing else are worked out once; what is left runs for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, assert_never

from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.sql import conditions
from harbor.products.harper_tables.sql import operators as op
from harbor.products.harper_tables.sql.aggregates import AGGREGATES
from harbor.products.harper_tables.sql.bounds import Budget
from harbor.products.harper_tables.sql.faults import wrong
from harbor.products.harper_tables.sql.functions import FUNCTIONS, Context
from harbor.products.harper_tables.sql.functions.logic import CASTS
from harbor.products.harper_tables.sql.scope import Column, Scope
from harbor.products.harper_tables.sql.tree import (
    Between,
    Binary,
    Call,
    Case,
    Cast,
    Constant,
    Exists,
    Expr,
    In,
    Is,
    Known,
    Like,
    Literal,
    Logic,
    Name,
    Query,
    Scalar,
    Star,
    Unary,
)
from harbor.products.harper_tables.values import Instant

if TYPE_CHECKING:
    from harbor.products.harper_tables.sql.grouping import Grouped

Row = tuple[Any, ...]
Run = Callable[[Row], Any]


@dataclass(frozen=True, slots=True)
class Inner:
    """A query within an expression: its rows for a row of the query around it, and whose columns it looks at."""

    rows: Callable[[Row], Iterable[dict[str, Any]]]
    width: int
    places: frozenset[int]
    is_correlated: bool


_ORDERED: dict[str, Callable[[int], bool]] = {
    "<": lambda found: found < 0,
    "<=": lambda found: found <= 0,
    ">": lambda found: found > 0,
    ">=": lambda found: found >= 0,
}
_ARITHMETIC: dict[str, op.Binary] = {
    "+": op.add,
    "-": op.subtract,
    "*": op.multiply,
    "/": op.divide,
    "%": op.modulo,
    "||": op.concatenated,
}


@dataclass(frozen=True, slots=True)
class Fixed:
    """What is the same for the whole statement. `inner` makes a query within an expression runnable."""

    values: Sequence[Any]
    written: Sequence[str]
    compat: Compat
    context: Context
    budget: Budget
    comparing: op.Comparing
    inner: Callable[[Query, Scope], Inner] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Compiler:
    """Expressions of one SELECT. After GROUP BY names mean what is in `grouped`."""

    fixed: Fixed
    scope: Scope
    grouped: Grouped | None = None
    where: str = ""  # the clause, for the words of a fault

    def run(self, expr: Expr) -> Run:
        """The function of an expression."""
        if self.grouped is not None and (found := self.grouped.found(expr)) is not None:
            return found
        constant = self.constant(expr)
        if constant is not None:
            value = constant[0]
            return lambda row: value
        return self._run(expr)

    def _run(self, expr: Expr) -> Run:
        match expr:
            case Name():
                return self._name(expr)
            case Known():
                return self._column(expr.column, expr.column.name)
            case Star():
                raise wrong("* stands alone, or in COUNT(*).")
            case Unary():
                operand = self.run(expr.operand)
                return _negative(operand) if expr.sign == "-" else conditions.negated(operand)
            case Binary():
                return self._binary(expr)
            case Logic():
                parts = [self.run(part) for part in expr.parts]
                return conditions.all_of(parts) if expr.sign == "AND" else conditions.any_of(parts)
            case In():
                return conditions.among(self, expr)
            case Between():
                low, high = Binary(">=", expr.operand, expr.low), Binary("<=", expr.operand, expr.high)
                found = conditions.all_of([self.run(low), self.run(high)])
                return conditions.negated(found) if expr.is_negated else found
            case Like():
                return conditions.alike(self, expr)
            case Is():
                return conditions.is_what(self, expr)
            case Exists():
                return conditions.exists(self, expr.query)
            case Case():
                return self._case(expr)
            case Call():
                return self._call(expr)
            case Cast():
                return self._cast(expr)
            case Scalar():
                return conditions.scalar(self, expr.query)
            case Literal() | Constant():
                raise AssertionError(expr)
        assert_never(expr)

    def test(self, expr: Expr) -> Callable[[Row], bool]:
        """Whether a condition holds for a row."""
        found = self.run(expr)
        return lambda row: (value := found(row)) is True or (value is not False and op.is_true(value))

    def constant(self, expr: Expr) -> tuple[Any] | None:
        """The value of an expression that is the same for every row, in a tuple; None if it is not."""
        if isinstance(expr, Literal):
            return (self.fixed.values[expr.slot],)
        if isinstance(expr, Constant):
            return (expr.value,)
        if isinstance(expr, Unary) and (operand := self.constant(expr.operand)) is not None:
            return (op.minus(operand[0]) if expr.sign == "-" else op.negated(operand[0]),)
        if isinstance(expr, Cast) and (operand := self.constant(expr.operand)) is not None:
            return (self._cast(expr)(()),) if not op.is_null(operand[0]) else (None,)
        if isinstance(expr, Binary):
            left, right = self.constant(expr.left), self.constant(expr.right)
            return None if left is None or right is None else (self._operator(expr)(left[0], right[0]),)
        if isinstance(expr, Call) and (function := FUNCTIONS.get(expr.name)) is not None and not function.varies:
            values = [self.constant(each) for each in expr.args]
            if all(value is not None for value in values):
                return (self._call(expr)(()),)
        return None

    def column(self, expr: Expr) -> Column | None:
        """The column that an expression is, if it is one."""
        return self.scope.find(expr.parts, self.where) if isinstance(expr, Name) else None

    # One kind of expression each

    def _name(self, expr: Name) -> Run:
        return self._column(self.scope.find(expr.parts, self.where), expr.parts[-1])

    def _column(self, found: Column, name: str) -> Run:
        if self.grouped is not None and found.source.place >= self.scope.base:
            raise wrong(f"select column '{name}' must be in group by", "group_by")
        return reader(found)

    def _binary(self, expr: Binary) -> Run:
        left, right = self.beside(expr.left, expr.right), self.beside(expr.right, expr.left)
        operator = self._operator(expr)
        return lambda row: operator(left(row), right(row))

    def _operator(self, expr: Binary) -> op.Binary:
        sign, comparing = expr.sign, self.fixed.comparing
        if sign in _ARITHMETIC:
            return _ARITHMETIC[sign]
        if sign == "=":
            return comparing.equal
        if sign == "<>":
            return lambda a, b: None if (found := comparing.equal(a, b)) is None else not found
        if sign == "REGEXP":
            return conditions.matches
        is_so, compare = _ORDERED[sign], comparing.compare
        return lambda a, b: None if (found := compare(a, b)) is None else is_so(found)

    def beside(self, expr: Expr, other: Expr) -> Run:
        """An operand; a text beside a column of dates is a date."""
        constant = self.constant(expr) if isinstance(other, Name) else None
        if constant is None or not isinstance(constant[0], str):
            return self.run(expr)
        value = self.as_date(constant[0], other)
        return lambda row: value

    def as_date(self, value: Any, other: Expr) -> Any:
        """A text as the date that it is, where the other operand is a column of dates."""
        if not isinstance(value, str) or not isinstance(other, Name):
            return value
        column = self.scope.find(other.parts, self.where)
        return (Instant.parse(value) or value) if not column.path and column.source.is_date(column.name) else value

    def inner(self, query: Query) -> Inner:
        """A query within an expression."""
        inner = self.fixed.inner(query, self.scope)
        if self.grouped is None:
            return inner
        base, width = self.scope.base, self.scope.width
        if any(place in range(base, width) for place in inner.places):
            raise wrong("A query within an expression after GROUP BY cannot use columns of the rows in the group.")
        # A group is one place where the rows in it have several.
        gap: tuple[dict[str, object], ...] = ({},) * (width - base)
        return replace(inner, rows=lambda row: inner.rows((*row[:base], *gap)))

    def _case(self, expr: Case) -> Run:
        if expr.operand is None:
            whens = [(self.test(condition), self.run(result)) for condition, result in expr.whens]
        else:
            operand = expr.operand
            whens = [(self.test(Binary("=", operand, each)), self.run(result)) for each, result in expr.whens]
        otherwise = conditions.fixed(None) if expr.otherwise is None else self.run(expr.otherwise)

        def run(row: Row) -> Any:
            for test, result in whens:
                if test(row):
                    return result(row)
            return otherwise(row)

        return run

    def _cast(self, expr: Cast) -> Run:
        cast = CASTS.get(expr.type)
        if cast is None:
            raise wrong(f"There is no type {expr.type[:50]} to cast to.", "unknown_type")
        operand = self.run(expr.operand)
        return lambda row: None if op.is_null(value := operand(row)) else cast(value)

    def _call(self, expr: Call) -> Run:
        function = FUNCTIONS.get(expr.name)
        if function is None:
            if expr.name in AGGREGATES:
                raise wrong(
                    f"{expr.name} stands in the list of SELECT, in HAVING or in ORDER BY, not here.", "aggregate"
                )
            raise wrong(f"There is no function {expr.name[:100]}.", "unknown_function")
        count = len(expr.args)
        if not function.least <= count <= function.most or expr.is_distinct or expr.order or expr.separator:
            raise wrong(f"{expr.name} takes {_count(function.least, function.most)}, not {count}.", "arguments")
        args = [self.run(each) for each in expr.args]
        call: Callable[..., Any] = function.run
        if function.takes_context:
            context, plain = self.fixed.context, function.run
            call = lambda *values: plain(context, *values)  # noqa: E731 - two lines for one
        return _applied(call, args, takes_null=function.takes_null)


def reader(column: Column) -> Run:
    """The function that reads a column, or a property within it, of a row."""
    place, name, path = column.source.place, column.name, column.path
    if not path:
        return lambda row: row[place].get(name)

    def run(row: Row) -> Any:
        value = row[place].get(name)
        for each in path:
            value = value.get(each) if isinstance(value, dict) else None
        return value

    return run


def identity(expr: Any, compiler: Compiler) -> Any:
    """What two expressions share if they are the same: names by what they mean, literals by their values."""
    if isinstance(expr, Literal):
        value = compiler.fixed.values[expr.slot]
        return ("value", type(value).__name__, repr(value))
    if isinstance(expr, Name | Known):
        column = expr.column if isinstance(expr, Known) else compiler.scope.find(expr.parts, compiler.where)
        return ("column", column.source.place, column.name, column.path)
    if isinstance(expr, Exists | Scalar) or (isinstance(expr, In) and expr.query is not None):
        return ("query", id(expr))
    if isinstance(expr, tuple):
        return tuple(identity(each, compiler) for each in expr)
    if is_dataclass(expr):
        return (type(expr).__name__, *(identity(getattr(expr, each.name), compiler) for each in fields(expr)))
    return expr


def _applied(call: Callable[..., Any], args: Sequence[Run], *, takes_null: bool) -> Run:
    if takes_null:
        return lambda row: call(*[arg(row) for arg in args])
    if len(args) == 1:
        only = args[0]
        return lambda row: None if op.is_null(value := only(row)) else call(value)

    def run(row: Row) -> Any:
        values = [arg(row) for arg in args]
        return None if any(map(op.is_null, values)) else call(*values)

    return run


def _negative(run: Run) -> Run:
    return lambda row: op.minus(run(row))


def _count(least: int, most: int) -> str:
    if least == most:
        return f"{least} argument{'' if least == 1 else 's'}"
    return f"{least} to {most} arguments"
