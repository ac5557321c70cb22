"""Reading expressions: from OR down to a single value, by precedence."""

from __future__ import annotations

from abc import abstractmethod

from harbor.products.harper_tables.sql.cursor import Cursor
from harbor.products.harper_tables.sql.faults import wrong
from harbor.products.harper_tables.sql.lexer import Kind
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
    Like,
    Literal,
    Logic,
    Name,
    Order,
    Query,
    Scalar,
    Star,
    Unary,
)

_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
# Functions that stand without parentheses.
_BARE = frozenset({"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"})
_CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None, "UNDEFINED": float("nan")}
# One after the other on one level; each becomes a level of the tree.
_CHAIN_MAX = 100


class Expressions(Cursor):
    """Expressions of a statement."""

    @abstractmethod
    def query(self) -> Query:
        """A query in parentheses."""

    def expression(self) -> Expr:
        """A whole expression."""
        self.deeper()
        parts = [self._all_of()]
        while self.take_word("OR"):
            parts.append(self._all_of())
        self.shallower()
        return parts[0] if len(parts) == 1 else Logic("OR", tuple(parts))

    def order_keys(self) -> tuple[Order, ...]:
        """What stands after ORDER BY."""
        keys = []
        while True:
            expr = self.expression()
            is_descending = self.take_word("DESC")
            if not is_descending:
                self.take_word("ASC")
            keys.append(Order(expr, is_descending))
            if not self.take_sign(","):
                return tuple(keys)

    def _all_of(self) -> Expr:
        parts = [self._negation()]
        while self.take_word("AND"):
            parts.append(self._negation())
        return parts[0] if len(parts) == 1 else Logic("AND", tuple(parts))

    def _negation(self) -> Expr:
        is_negated = False
        while self.take_word("NOT"):
            is_negated = not is_negated
        found = self._comparison()
        return Unary("NOT", found) if is_negated else found

    def _comparison(self) -> Expr:
        left = self._sum()
        for _ in range(_CHAIN_MAX):
            if self.is_sign(*_COMPARISONS):
                left = Binary(self.take().text, left, self._sum())
            elif self.is_word("IS"):
                left = self._is(left)
            elif self.is_word("NOT", "IN", "BETWEEN", "LIKE", "REGEXP", "RLIKE"):
                left = self._predicate(left)
            else:
                return left
        raise _too_long()

    def _is(self, left: Expr) -> Expr:
        self.take()
        is_negated = self.take_word("NOT")
        if self.take_word("NULL", "UNDEFINED"):
            return Is(left, "NULL", is_negated)
        if self.take_word("TRUE"):
            return Is(left, "TRUE", is_negated)
        self.expect_word("FALSE")
        return Is(left, "FALSE", is_negated)

    def _predicate(self, left: Expr) -> Expr:
        is_negated = self.take_word("NOT")
        if self.take_word("IN"):
            return self._in(left, is_negated)
        if self.take_word("BETWEEN"):
            low = self._sum()
            self.expect_word("AND")
            return Between(left, low, self._sum(), is_negated)
        if self.take_word("LIKE"):
            pattern = self._sum()
            escape = self._sum() if self.take_word("ESCAPE") else None
            return Like(left, pattern, escape, is_negated)
        if not self.take_word("REGEXP", "RLIKE"):
            self.fail()
        found = Binary("REGEXP", left, self._sum())
        return Unary("NOT", found) if is_negated else found

    def _in(self, left: Expr, is_negated: bool) -> Expr:
        if self.token.kind is Kind.JSON:  # x IN [1, 2]
            return In(left, (self._primary(),), None, is_negated)
        self.expect_sign("(")
        if self.is_word("WITH", "SELECT"):
            query = self.query()
            self.expect_sign(")")
            return In(left, (), query, is_negated)
        items = [] if self.is_sign(")") else [self.expression()]
        while self.take_sign(","):
            items.append(self.expression())
        self.expect_sign(")")
        return In(left, tuple(items), None, is_negated)

    def _sum(self) -> Expr:
        left = self._product()
        for _ in range(_CHAIN_MAX):
            if not self.is_sign("+", "-", "||"):
                return left
            left = Binary(self.take().text, left, self._product())
        raise _too_long()

    def _product(self) -> Expr:
        left = self._signed()
        for _ in range(_CHAIN_MAX):
            if not self.is_sign("*", "/", "%"):
                return left
            left = Binary(self.take().text, left, self._signed())
        raise _too_long()

    def _signed(self) -> Expr:
        is_negative = False
        while self.is_sign("-", "+"):
            is_negative ^= self.take().text == "-"
        found = self._primary()
        return Unary("-", found) if is_negative else found

    def _primary(self) -> Expr:
        token = self.token
        if self.is_literal():
            self.take()
            return Literal(token.slot)
        if self.is_sign("("):
            return self._parenthesis()
        if token.kind is Kind.WORD:
            if token.upper in _CONSTANTS and not self._is_called():
                self.take()
                return Constant(_CONSTANTS[token.upper])
            if token.upper == "CASE":
                return self._case()
            if token.upper == "EXISTS":
                return self._exists()
            if self._is_called():
                return self._call()
            if token.upper in _BARE:
                self.take()
                return Call(token.upper, ())
        return Name(self.dotted())

    def _is_called(self) -> bool:
        after = self.ahead()
        return after.kind is Kind.SIGN and after.text == "("

    def _parenthesis(self) -> Expr:
        self.take()
        if self.is_word("WITH", "SELECT"):
            found: Expr = Scalar(self.query())
        else:
            found = self.expression()
        self.expect_sign(")")
        return found

    def _exists(self) -> Expr:
        self.take()
        self.expect_sign("(")
        query = self.query()
        self.expect_sign(")")
        return Exists(query)

    def _case(self) -> Expr:
        self.take()
        operand = None if self.is_word("WHEN") else self.expression()
        whens = []
        while self.take_word("WHEN"):
            condition = self.expression()
            self.expect_word("THEN")
            whens.append((condition, self.expression()))
        otherwise = self.expression() if self.take_word("ELSE") else None
        if not whens:
            self.fail()
        self.expect_word("END")
        return Case(operand, tuple(whens), otherwise)

    def _call(self) -> Expr:
        name = self.take().upper
        self.take()
        if name == "CAST":
            operand = self.expression()
            self.expect_word("AS")
            found: Expr = Cast(operand, self._type())
        elif name == "CONVERT":
            type_ = self._type()
            self.expect_sign(",")
            found = Cast(self.expression(), type_)
        elif name == "COUNT" and self.take_sign("*"):
            found = Call(name, (Star(),))
        else:
            found = self._arguments(name)
        self.expect_sign(")")
        return found

    def _arguments(self, name: str) -> Call:
        is_distinct = self.take_word("DISTINCT")
        if not is_distinct and self.is_word("ALL"):
            self.take()
        args = [] if self.is_sign(")") else [self.expression()]
        while self.take_sign(","):
            args.append(self.expression())
        order: tuple[Order, ...] = ()
        if self.take_word("ORDER"):
            self.expect_word("BY")
            order = self.order_keys()
        separator = self._sum() if self.take_word("SEPARATOR") else None
        return Call(name, tuple(args), is_distinct, order, separator)

    def _type(self) -> str:
        """The name of a type; lengths and digits say nothing here."""
        if self.token.kind is not Kind.WORD:
            self.fail()
        name = self.take().upper
        if self.take_sign("("):
            while self.is_literal() or self.is_sign(","):
                self.take()
            self.expect_sign(")")
        return name


def _too_long() -> Exception:
    return wrong(f"An expression has more than {_CHAIN_MAX} operators in a row; use parentheses or a list.")
