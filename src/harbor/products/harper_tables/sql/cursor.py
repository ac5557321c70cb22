"""Walking over the tokens of a statement: looking, taking, and saying where it went wrong."""

from __future__ import annotations

from typing import NoReturn

from harbor.products.harper_tables.sql.faults import invalid_sql, wrong
from harbor.products.harper_tables.sql.lexer import LITERALS, Kind, Token, Tokens

# What ends an expression, so it is a column or an alias only in quotes.
_WORDS = (
    "ALL AND AS ASC BETWEEN CASE CROSS DESC DISTINCT ELSE END ESCAPE EXCEPT EXISTS "
    "FALSE FROM FULL GROUP HAVING IN INNER INTERSECT INTO IS JOIN LEFT LIKE LIMIT NATURAL NOT NULL OFFSET "
    "ON OR ORDER OUTER REGEXP RIGHT RLIKE SELECT"
    " SET THEN TRUE UNION USING VALUES WHEN WHERE WITH"
)
RESERVED = frozenset(_WORDS.split())
_DEPTH_MAX = 50


class Cursor:
    """A place among tokens."""

    def __init__(self, source: Tokens) -> None:
        self.source = source
        self.tokens = source.tokens
        self.place = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The token at hand."""
        return self.tokens[self.place]

    def ahead(self, count: int = 1) -> Token:
        """A later token; the end stands for all after it."""
        return self.tokens[min(self.place + count, len(self.tokens) - 1)]

    def take(self) -> Token:
        """The token at hand, and step over it."""
        token = self.token
        if token.kind is not Kind.END:
            self.place += 1
        return token

    def is_word(self, *words: str) -> bool:
        """Whether one of these keywords is at hand."""
        token = self.token
        return token.kind is Kind.WORD and token.upper in words

    def take_word(self, *words: str) -> bool:
        """Step over one of these keywords, if it is at hand."""
        if self.is_word(*words):
            self.place += 1
            return True
        return False

    def expect_word(self, word: str) -> None:
        """Step over a keyword that must be there."""
        if not self.take_word(word):
            self.fail()

    def is_sign(self, *signs: str) -> bool:
        """Whether one of these signs is at hand."""
        token = self.token
        return token.kind is Kind.SIGN and token.text in signs

    def take_sign(self, *signs: str) -> bool:
        """Step over one of these signs, if it is at hand."""
        if self.is_sign(*signs):
            self.place += 1
            return True
        return False

    def expect_sign(self, sign: str) -> None:
        """Step over a sign that must be there."""
        if not self.take_sign(sign):
            self.fail()

    def is_name(self) -> bool:
        """Whether something that can be a name is at hand."""
        token = self.token
        return token.kind is Kind.NAME or (token.kind is Kind.WORD and token.upper not in RESERVED)

    def take_name(self, *, any_word: bool = False) -> str:
        """A name that must be there; after a dot any word is one."""
        if not (self.is_name() or (any_word and self.token.kind is Kind.WORD)):
            self.fail()
        return self.take().text

    def dotted(self) -> tuple[str, ...]:
        """A name with all that follows it after dots."""
        parts = [self.take_name()]
        while self.is_sign(".") and not (self.ahead().kind is Kind.SIGN and self.ahead().text == "*"):
            self.take()
            parts.append(self.take_name(any_word=True))
        return tuple(parts)

    def is_literal(self) -> bool:
        """Whether a literal is at hand."""
        return self.token.kind in LITERALS

    def deeper(self) -> None:
        """Go one level down. Raises `Invalid` where nobody would write by hand."""
        self._depth += 1
        if self._depth > _DEPTH_MAX:
            raise wrong(f"The statement is nested deeper than {_DEPTH_MAX} levels.")

    def shallower(self) -> None:
        """Come back up."""
        self._depth -= 1

    def fail(self) -> NoReturn:
        """Say that the token at hand does not fit."""
        raise invalid_sql(text=self.source.text, position=self.token.start)
