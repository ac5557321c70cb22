"""Reading statements. Every fault is told with its place in the text."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, cast

from harbor.products.harper_tables.sql.cursor import RESERVED
from harbor.products.harper_tables.sql.expressions import Expressions
from harbor.products.harper_tables.sql.faults import missing, not_supported, wrong
from harbor.products.harper_tables.sql.lexer import Kind, Token, Tokens
from harbor.products.harper_tables.sql.tree import (
    Body,
    Combined,
    Delete,
    Derived,
    Explain,
    Expr,
    Insert,
    Item,
    Join,
    Literal,
    Named,
    Order,
    Query,
    Select,
    Source,
    Star,
    Statement,
    TableRef,
    Update,
)

_KINDS = {"INNER": "INNER", "LEFT": "LEFT", "RIGHT": "RIGHT", "FULL": "FULL", "CROSS": "CROSS", "JOIN": "INNER"}
_SIDED = frozenset({"LEFT", "RIGHT", "FULL"})
_SELECTS_MAX, _JOINS_MAX = 50, 20
# What runs is recursive, two calls a level.
_HEIGHT_MAX = 130


def parse(source: Tokens) -> Statement:
    """The tree of one statement. Raises `Invalid` with the place of the fault."""
    parser = Parser(source)
    found = parser.statement()
    parser.end()
    _check_height(found)
    return found


class Parser(Expressions):
    """Statements."""

    _selects = _joins = 0

    def statement(self) -> Statement:
        """The one statement of the text."""
        if self.token.kind is Kind.END:
            raise missing()
        if self.take_word("EXPLAIN"):
            if self.take_word("PLAN"):
                self.expect_word("FOR")
            found = self.statement()
            return found if isinstance(found, Explain) else Explain(found)
        if self.is_word("WITH", "SELECT") or self.is_sign("("):
            return self.query()
        if self.take_word("INSERT"):
            return self._insert()
        if self.take_word("UPDATE"):
            return self._update()
        if not self.take_word("DELETE"):
            if self.token.kind is Kind.WORD and self.ahead().kind is Kind.WORD:
                raise not_supported(self.token.upper[:30])
            self.fail()
        self.expect_word("FROM")
        return Delete(self._table(), self._where())

    def end(self) -> None:
        """Nothing may follow but a semicolon."""
        while self.take_sign(";"):
            pass
        if self.token.kind is not Kind.END:
            self.fail()

    # SELECT

    def query(self) -> Query:
        """A query with its WITH before it and its order and part after it."""
        self.deeper()
        named, is_recursive = self._with()
        body = self._body()
        order: tuple[Order, ...] = ()
        if self.take_word("ORDER"):
            self.expect_word("BY")
            order = self.order_keys()
        limit, offset = self._part()
        self.shallower()
        return Query(body, named, is_recursive, order, limit, offset)

    def _with(self) -> tuple[tuple[Named, ...], bool]:
        if not self.take_word("WITH"):
            return (), False
        is_recursive = self.take_word("RECURSIVE")
        named = [self._named()]
        while self.take_sign(","):
            named.append(self._named())
        return tuple(named), is_recursive

    def _named(self) -> Named:
        name = self.take_name()
        columns = self._names() if self.is_sign("(") else ()
        self.expect_word("AS")
        self.expect_sign("(")
        query = self.query()
        self.expect_sign(")")
        return Named(name, columns, query)

    def _names(self) -> tuple[str, ...]:
        self.expect_sign("(")
        names = [self.take_name(any_word=True)]
        while self.take_sign(","):
            names.append(self.take_name(any_word=True))
        self.expect_sign(")")
        return tuple(names)

    def _body(self) -> Body:
        left = self._intersected()
        while self.is_word("UNION", "EXCEPT"):
            sign = self.take().upper
            is_all = self.take_word("ALL") or (self.take_word("DISTINCT") and False)
            left = Combined(cast(Any, sign), is_all, left, self._intersected())
        return left

    def _intersected(self) -> Body:
        left = self._term()
        while self.take_word("INTERSECT"):
            is_all = self.take_word("ALL") or (self.take_word("DISTINCT") and False)
            left = Combined("INTERSECT", is_all, left, self._term())
        return left

    def _term(self) -> Body:
        if not self.take_sign("("):
            return self._select()
        self.deeper()
        body = self._body()
        self.expect_sign(")")
        self.shallower()
        return body

    def _select(self) -> Select:
        self._selects += 1
        if self._selects > _SELECTS_MAX:
            raise wrong(f"A statement has at most {_SELECTS_MAX} SELECTs.")
        self.expect_word("SELECT")
        is_distinct = self.take_word("DISTINCT")
        if not is_distinct:
            self.take_word("ALL")
        top = None
        if self.is_word("TOP") and self.ahead().kind is Kind.NUMBER:
            self.take()
            top = self._primary()
        items = [self._item()]
        while self.take_sign(","):
            items.append(self._item())
        source = self._sources() if self.take_word("FROM") else None
        where = self._where()
        group: tuple[Expr, ...] = ()
        if self.take_word("GROUP"):
            self.expect_word("BY")
            group = self._list()
        having = self.expression() if self.take_word("HAVING") else None
        return Select(tuple(items), source, where, group, having, is_distinct, top)

    def _list(self) -> tuple[Expr, ...]:
        found = [self.expression()]
        while self.take_sign(","):
            found.append(self.expression())
        return tuple(found)

    def _item(self) -> Item:
        if self.take_sign("*"):
            return Item(Star(), None, ("*",))
        first = self.place
        if self.is_name() and (star := self._star_of()) is not None:
            return Item(star, None, ("*",))
        expr = self.expression()
        shown = _shown(self.tokens[first : self.place])
        return Item(expr, self._alias(), shown)

    def _star_of(self) -> Star | None:
        """`t.*` or `d.t.*`, if that is at hand."""
        place, parts = self.place, []
        while self.tokens[place].kind in (Kind.WORD, Kind.NAME):
            parts.append(self.tokens[place].text)
            if not (place + 2 < len(self.tokens) and self.tokens[place + 1].text == "."):
                return None
            place += 2
            if self.tokens[place].kind is Kind.SIGN and self.tokens[place].text == "*":
                self.place = place + 1
                return Star(tuple(parts))
        return None

    def _alias(self) -> str | Literal | None:
        if self.take_word("AS"):
            if self.token.kind is Kind.TEXT:
                return Literal(self.take().slot)
            return self.take_name(any_word=True)
        return self.take_name() if self.is_name() else None

    def _where(self) -> Expr | None:
        return self.expression() if self.take_word("WHERE") else None

    def _part(self) -> tuple[Expr | None, Expr | None]:
        limit = offset = None
        if self.take_word("LIMIT"):
            limit = self._sum()
            if self.take_sign(","):
                limit, offset = self._sum(), limit
        if self.take_word("OFFSET"):
            offset = self._sum()
            self.take_word("ROW", "ROWS")
        return limit, offset

    # FROM

    def _sources(self) -> Source:
        found = self._joined()
        while self.take_sign(","):
            found = self._counted(Join("CROSS", found, self._joined()))
        return found

    def _joined(self) -> Source:
        found = self._source()
        while self.is_word("NATURAL", *_KINDS):
            is_natural = self.take_word("NATURAL")
            if not self.is_word(*_KINDS):
                self.fail()
            word = self.take().upper
            if word in _SIDED:
                self.take_word("OUTER")
            if word != "JOIN":
                self.expect_word("JOIN")
            kind = cast(Any, _KINDS[word])
            right = self._source()
            on: Expr | None = None
            using: tuple[str, ...] = ()
            if self.take_word("ON"):
                on = self.expression()
            elif self.take_word("USING"):
                using = self._names()
            found = self._counted(Join(kind, found, right, on, using, is_natural))
        return found

    def _counted(self, join: Join) -> Join:
        self._joins += 1
        if self._joins > _JOINS_MAX:
            raise wrong(f"A statement joins at most {_JOINS_MAX + 1} tables.")
        return join

    def _source(self) -> Source:
        if not self.take_sign("("):
            return self._table()
        self.deeper()
        if self.is_word("WITH", "SELECT") or self.is_sign("("):
            query = self.query()
            self.expect_sign(")")
            self.shallower()
            self.take_word("AS")
            return Derived(query, self.take_name() if self.is_name() else None)
        found = self._sources()
        self.expect_sign(")")
        self.shallower()
        return found

    def _table(self) -> TableRef:
        parts = self.dotted()
        if len(parts) > 2:
            self.fail()
        alias = None
        if self.take_word("AS") or (self.is_name() and not self.is_word("VALUE")):
            alias = self.take_name()
        return TableRef(parts, alias)

    # Writing

    def _insert(self) -> Insert:
        self.take_word("INTO")
        parts = self.dotted()
        if len(parts) > 2 or not self.is_sign("("):
            self.fail()
        table = TableRef(parts, None)
        columns = self._names()
        if self.is_word("WITH", "SELECT"):
            return Insert(table, columns, (), self.query())
        if not self.take_word("VALUES", "VALUE"):
            self.fail()
        rows = [self._row()]
        while self.take_sign(","):
            rows.append(self._row())
        return Insert(table, columns, tuple(rows), None)

    def _row(self) -> tuple[Expr, ...]:
        self.expect_sign("(")
        found = self._list()
        self.expect_sign(")")
        return found

    def _update(self) -> Update:
        table = self._table()
        self.expect_word("SET")
        sets = [self._set()]
        while self.take_sign(","):
            sets.append(self._set())
        return Update(table, tuple(sets), self._where())

    def _set(self) -> tuple[str, Expr]:
        name = self.take_name(any_word=True)
        if self.take_sign("."):  # t.column
            name = self.take_name(any_word=True)
        self.expect_sign("=")
        return name, self.expression()


def _shown(tokens: tuple[Token, ...]) -> tuple[str | int, ...]:
    """How an expression is written, spaces put in one way: what it is called without an alias."""
    parts: list[str | int] = []
    before: Token | None = None
    for place, token in enumerate(tokens):
        if before is not None and _is_apart(before, token, tokens[place - 2] if place > 1 else None):
            parts.append(" ")
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        is_call = token.kind is Kind.WORD and after is not None and after.text == "(" and token.upper in _AGGREGATES
        parts.append(token.slot if token.slot >= 0 else token.upper if is_call else token.text)
        before = token
    return tuple(parts)


_AGGREGATES = frozenset({"AVG", "COUNT", "MAX", "MIN", "SUM"})
_SIGNS = frozenset({"+", "-", "*", "/", "%", "=", "<>", "<", "<=", ">", ">=", "||", ",", "("})


def _is_apart(before: Token, token: Token, earlier: Token | None) -> bool:
    if token.text in (")", ",", ".") or before.text in ("(", ",", "."):
        return token.kind is not Kind.SIGN and before.kind is not Kind.SIGN
    if token.kind is Kind.SIGN and token.text == "(":
        return before.kind is not Kind.WORD or before.upper in RESERVED
    # A sign that stands before one value, as in -1.
    is_single = before.kind is Kind.SIGN and before.text in ("-", "+")
    return not (is_single and (earlier is None or (earlier.kind is Kind.SIGN and earlier.text in _SIGNS)))


def _check_height(tree: Statement) -> None:
    level: list[Any] = [tree]
    for _ in range(_HEIGHT_MAX):
        level = [each for node in level for each in _children(node)]
        if not level:
            return
    raise wrong("The statement is nested too deep.")


def _children(node: Any) -> list[Any]:
    if isinstance(node, tuple):
        return [each for each in node if is_dataclass(each) or isinstance(each, tuple)]
    found = [getattr(node, field.name) for field in fields(node)]
    return [each for each in found if is_dataclass(each) or isinstance(each, tuple)]
