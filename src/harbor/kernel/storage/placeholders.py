"""Bound values in psycopg's spelling: `:name` becomes `%(name)s`, and a lone percent sign is doubled."""

from __future__ import annotations

import re
from functools import lru_cache

# The program's own statements are a few hundred; glued WHERE clauses multiply them.
STATEMENTS_KEPT_MAX = 4_096

# Whatever may hide a colon comes before the name itself. What is not closed reaches to the end of the text, so that the
# server sees it and complains. Source: PostgreSQL documentation, "Lexical Structure".
_TOKEN = re.compile(
    r"""
      (?<![A-Za-z0-9_])[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)       # text with backslashes
    | '(?:[^']|'')*(?:'|\Z)                                  # text
    | "(?:[^"]|"")*(?:"|\Z)                                  # quoted identifier
    | (?<![A-Za-z0-9_$])\$(?P<tag>(?:[A-Za-z_][A-Za-z0-9_]*)?)\$.*?(?:\$(?P=tag)\$|\Z)  # text between dollars
    | --[^\n]*                                               # comment to the end of the line
    | (?P<comment>/\*)                                       # comment, which may hold others
    | ::                                                     # cast
    | :(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    """,
    re.VERBOSE | re.DOTALL,
)
_BOUND = re.compile(r"%%|%\((\w+)\)s")
_COMMENT_EDGE = re.compile(r"/\*|\*/")


@lru_cache(maxsize=STATEMENTS_KEPT_MAX)
def pyformat(sql: str) -> bytes:
    """The statement as psycopg takes it. Text, quoted identifiers, casts and comments keep their colons."""
    parts: list[str] = []
    position = 0
    while match := _TOKEN.search(sql, position):
        parts.append(_plain(sql[position : match.start()]))
        position = match.end()
        if name := match["name"]:
            parts.append(f"%({name})s")
            continue
        if match["comment"]:
            position = _comment_end(sql, position)
        parts.append(_plain(sql[match.start() : position]))
    parts.append(_plain(sql[position:]))
    return "".join(parts).encode()


@lru_cache(maxsize=STATEMENTS_KEPT_MAX)
def names_of(sql: str) -> tuple[str, ...]:
    """The names of a statement's values in the order of their first appearance."""
    return tuple(dict.fromkeys(name for name in _BOUND.findall(pyformat(sql).decode()) if name))


def _plain(text: str) -> str:
    return text.replace("%", "%%")


def _comment_end(sql: str, position: int) -> int:
    depth = 1
    while depth:
        edge = _COMMENT_EDGE.search(sql, position)
        if edge is None:
            return len(sql)
        depth += 1 if edge[0] == "/*" else -1
        position = edge.end()
    return position
