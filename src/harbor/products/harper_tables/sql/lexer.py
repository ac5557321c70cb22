"""From the text of a statement to tokens, with the literals taken out.

A literal becomes a slot: two statements that differ only in their literals have the same tokens, so what the parser made
of one serves the other. Double and single quotes are texts, backticks and square brackets names; a bracket or brace that
begins JSON is that value. Source: docs/products/harper-sql.md#sql-names.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, NoReturn

from harbor.products.harper_tables.sql.faults import invalid_sql

TEXT_LENGTH_MAX = 1 << 20
TOKENS_MAX = 300_000
_JSON_DEPTH_MAX = 64
_DIGITS_MAX = 4_000

_TOKEN = re.compile(
    r"""
      (?P<space>(?:\s+|--[^\n]*|/\*.*?\*/)+)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    | (?P<quoted>`(?:[^`]|``)+`)
    | (?P<sign>===|!==|<>|!=|==|<=|>=|\|\||[=<>+\-*/%(),.;])
    """,
    re.VERBOSE | re.DOTALL,
)
# What may hide a literal comes before it: comments, quoted names, words with digits in them.
_OUTLINED = re.compile(
    r"""
      (?P<other>--[^\n]*|/\*.*?\*/|`[^`]*`|[^\W\d][\w$]*)
    | (?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    """,
    re.VERBOSE | re.DOTALL,
)
_TAKEN_OUT = {"text": "\0t", "number": "\0n"}
_BRACKETED = re.compile(r"\[([^\]]+)\]")
_ESCAPED = {quote: re.compile(rf"\\(['\"\\])|{quote}{quote}") for quote in "'\""}
_SAME = {"==": "=", "===": "=", "!=": "<>", "!==": "<>"}


class Kind(StrEnum):
    """What a token is."""

    WORD = "w"
    NAME = "q"  # a quoted one, never a keyword
    NUMBER = "n"
    TEXT = "t"
    JSON = "j"
    SIGN = "s"
    END = "e"


LITERALS = frozenset({Kind.NUMBER, Kind.TEXT, Kind.JSON})


class Token(NamedTuple):
    """One token. `text` is a word as written, a name without its quotes, a sign; for a literal it is empty."""

    kind: Kind
    text: str
    start: int
    slot: int = -1
    upper: str = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A statement's tokens, and what stands in its slots: the values, and how they were written."""

    text: str
    tokens: tuple[Token, ...]
    values: tuple[Any, ...]
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A statement with its literals taken out: `shape` is the same for all that differ only in them."""

    shape: str
    values: tuple[Any, ...]
    written: tuple[str, ...]


def outline_of(text: str) -> Outline | None:
    """The outline of a statement; None where only tokens tell what is a literal."""
    if "[" in text or "{" in text or "\0" in text:
        return None
    values: list[Any] = []
    written: list[str] = []

    def out(match: re.Match[str]) -> str:
        found = match[0]
        kind = match.lastgroup
        if kind == "text":
            values.append(text_value(found))
        elif kind == "number":
            values.append(number_value(found))
        else:
            return found
        written.append(found)
        return _TAKEN_OUT[kind]

    shape = _OUTLINED.sub(out, text)
    return Outline(shape, tuple(values), tuple(written))


def tokens_of(text: str) -> Tokens:
    """The tokens of a statement. Raises `Invalid` for a text that has none."""
    return _Lexer(text).run()


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.values: list[Any] = []
        self.written: list[str] = []

    def run(self) -> Tokens:
        position, end = 0, len(self.text)
        while position < end:
            position = self._next(position)
            if len(self.tokens) > TOKENS_MAX:
                raise invalid_sql(f"The statement has more than {TOKENS_MAX} words; split it.")
        self.tokens.append(Token(Kind.END, "", end))
        return Tokens(self.text, tuple(self.tokens), tuple(self.values), tuple(self.written))

    def _next(self, position: int) -> int:
        match = _TOKEN.match(self.text, position)
        if match is None:
            return self._bracket(position)
        kind, found = match.lastgroup, match[0]
        if kind == "word":
            self.tokens.append(Token(Kind.WORD, found, position, upper=found.upper()))
        elif kind == "number":
            self._number(found, position, match.end())
        elif kind == "text":
            self._literal(Kind.TEXT, text_value(found), found, position)
        elif kind == "quoted":
            self._name(found[1:-1].replace("``", "`"), position)
        elif kind == "sign":
            self.tokens.append(Token(Kind.SIGN, _SAME.get(found, found), position))
        return match.end()

    def _number(self, found: str, position: int, end: int) -> None:
        if end < len(self.text) and (self.text[end].isalnum() or self.text[end] == "_"):
            self._fail(end)
        self._literal(Kind.NUMBER, number_value(found), found, position)

    def _bracket(self, position: int) -> int:
        first = self.text[position]
        if first == "[" and self.tokens and self.tokens[-1].text == "." and self.tokens[-1].kind is Kind.SIGN:
            return self._bracketed(position)
        if first in "[{":
            value, end = _json_at(self.text, position)
            if end > position:
                self._literal(Kind.JSON, value, self.text[position:end], position)
                return end
        if first != "[":
            self._fail(position)
        return self._bracketed(position)

    def _bracketed(self, position: int) -> int:
        match = _BRACKETED.match(self.text, position)
        if match is None:
            self._fail(position)
        self._name(match[1].strip(), position)
        return match.end()

    def _name(self, name: str, position: int) -> None:
        if "\x1f" in name or not name:
            self._fail(position)
        self.tokens.append(Token(Kind.NAME, name, position))

    def _literal(self, kind: Kind, value: Any, written: str, position: int) -> None:
        self.tokens.append(Token(kind, "", position, slot=len(self.values)))
        self.values.append(value)
        self.written.append(written)

    def _fail(self, position: int) -> NoReturn:
        raise invalid_sql(text=self.text, position=position)


def number_value(written: str) -> int | float:
    """The number that is written. Raises `Invalid` if it is none that can be kept."""
    if written.isdecimal() and written.isascii():
        if len(written) > _DIGITS_MAX:
            raise invalid_sql("A number has too many digits.")
        return int(written)
    value = float(written)
    if value - value != 0:
        raise invalid_sql(f"The number {written[:30]} is too large.")
    return value


def text_value(written: str) -> str:
    """The text between quotes: a doubled quote is one, a backslash before a quote or a backslash goes away."""
    if "\0" in written or not _is_whole(written):
        raise invalid_sql("A text holds the character U+0000 or half of a surrogate pair, which cannot be kept.")
    quote, inside = written[0], written[1:-1]
    if quote not in inside and "\\" not in inside:
        return inside
    return _ESCAPED[quote].sub(lambda match: match[1] or quote, inside)


def _is_whole(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


class _NoJson(ValueError):
    pass


def _refuse(_: str) -> NoReturn:
    raise _NoJson


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS_MAX:
        raise _NoJson
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if value - value != 0:
        raise _NoJson
    return value


_json = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer, parse_float=_float)


def _json_at(text: str, position: int) -> tuple[Any, int]:
    """The JSON value that begins here and where it ends; `position` if none does."""
    try:
        value, end = _json.raw_decode(text, position)
    except (ValueError, RecursionError):
        return None, position
    return (value, end) if _is_keepable(value, 0) else (None, position)


def _is_keepable(value: Any, depth: int) -> bool:
    if isinstance(value, str):
        return "\0" not in value and _is_whole(value)
    if isinstance(value, dict | list):
        inside = [*value, *value.values()] if isinstance(value, dict) else value
        return depth < _JSON_DEPTH_MAX and all(_is_keepable(each, depth + 1) for each in inside)
    return True
