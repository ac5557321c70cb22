"""A statement as a tree. Literals are slots, so one tree serves all statements that differ only in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from typing import Literal as OneOf


@dataclass(frozen=True, slots=True)
class Literal:
    """The value in a slot."""

    slot: int


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is a word: true, false, null, undefined (not a number, which stands for nothing)."""

    value: bool | float | None


@dataclass(frozen=True, slots=True)
class Name:
    """A dotted name: of a column, with its table and database before it or properties within it after it."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Star:
    """All columns, or those of one table."""

    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x` or `NOT x`."""

    sign: OneOf["-", "NOT"]
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands: arithmetic, comparison, `||`, REGEXP."""

    sign: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Logic:
    """Several conditions under AND or OR."""

    sign: OneOf["AND", "OR"]
    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class In:
    """`x IN (…)`; a list or a query."""

    operand: Expr
    items: tuple[Expr, ...]
    query: Query | None
    is_negated: bool


@dataclass(frozen=True, slots=True)
class Between:
    """`x BETWEEN low AND high`, both ends included."""

    operand: Expr
    low: Expr
    high: Expr
    is_negated: bool


@dataclass(frozen=True, slots=True)
class Like:
    """`x LIKE pattern`."""

    operand: Expr
    pattern: Expr
    escape: Expr | None
    is_negated: bool


@dataclass(frozen=True, slots=True)
class Is:
    """`x IS NULL`, `x IS TRUE`, `x IS FALSE`."""

    operand: Expr
    what: OneOf["NULL", "TRUE", "FALSE"]
    is_negated: bool


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether a query gives a row."""

    query: Query


@dataclass(frozen=True, slots=True)
class Case:
    """`CASE [operand] WHEN … THEN … ELSE … END`."""

    operand: Expr | None
    whens: tuple[tuple[Expr, Expr], ...]
    otherwise: Expr | None


@dataclass(frozen=True, slots=True)
class Call:
    """A function; `name` in capitals. `order` and `separator` are those of GROUP_CONCAT and ARRAY."""

    name: str
    args: tuple[Expr, ...]
    is_distinct: bool = False
    order: tuple[Order, ...] = ()
    separator: Expr | None = None


@dataclass(frozen=True, slots=True)
class Cast:
    """A value as a type; `type` in capitals."""

    operand: Expr
    type: str


@dataclass(frozen=True, slots=True)
class Scalar:
    """The only value of a query of one column."""

    query: Query


@dataclass(frozen=True, slots=True)
class Known:
    """One of the columns that `*` stands for; `column` is a `scope.Column`, found already."""

    column: Any


Expr = (
    Known
    | Literal
    | Constant
    | Name
    | Star
    | Unary
    | Binary
    | Logic
    | In
    | Between
    | Like
    | Is
    | Exists
    | Case
    | Call
    | Cast
    | Scalar
)


@dataclass(frozen=True, slots=True)
class Item:
    """One of the things selected. `shown` is how it is written, by which it is called without an alias."""

    expr: Expr
    alias: str | Literal | None
    shown: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """One key of an order."""

    expr: Expr
    is_descending: bool


@dataclass(frozen=True, slots=True)
class TableRef:
    """A table by its name."""

    parts: tuple[str, ...]
    alias: str | None


@dataclass(frozen=True, slots=True)
class Derived:
    """A query in place of a table."""

    query: Query
    alias: str | None


@dataclass(frozen=True, slots=True)
class Join:
    """Two sources side by side."""

    kind: OneOf["INNER", "LEFT", "RIGHT", "FULL", "CROSS"]
    left: Source
    right: Source
    on: Expr | None = None
    using: tuple[str, ...] = ()
    is_natural: bool = False


Source = TableRef | Derived | Join


@dataclass(frozen=True, slots=True)
class Select:
    """One SELECT without what follows it."""

    items: tuple[Item, ...]
    source: Source | None
    where: Expr | None
    group: tuple[Expr, ...]
    having: Expr | None
    is_distinct: bool
    top: Expr | None


@dataclass(frozen=True, slots=True)
class Combined:
    """Two queries under UNION, INTERSECT or EXCEPT."""

    sign: OneOf["UNION", "INTERSECT", "EXCEPT"]
    is_all: bool
    left: Body
    right: Body


Body = Select | Combined


@dataclass(frozen=True, slots=True)
class Named:
    """A query of a WITH."""

    name: str
    columns: tuple[str, ...]
    query: Query


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query."""

    body: Body
    named: tuple[Named, ...] = ()
    is_recursive: bool = False
    order: tuple[Order, ...] = ()
    limit: Expr | None = None
    offset: Expr | None = None


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows of values, or of a query, into a table."""

    table: TableRef
    columns: tuple[str, ...]
    rows: tuple[tuple[Expr, ...], ...]
    query: Query | None


@dataclass(frozen=True, slots=True)
class Update:
    """New values for the columns of matching records."""

    table: TableRef
    sets: tuple[tuple[str, Expr], ...]
    where: Expr | None


@dataclass(frozen=True, slots=True)
class Delete:
    """Matching records away."""

    table: TableRef
    where: Expr | None


@dataclass(frozen=True, slots=True)
class Explain:
    """How a statement would be run."""

    statement: Query | Insert | Update | Delete


Statement = Query | Insert | Update | Delete | Explain
