"""Reading records in the order of their keys, of their times, or of an attribute's entries, part after part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import msgspec

from harbor.kernel.storage.database import Tx

Column = Literal["created_at", "updated_at"]
# Keys that one statement asks for. Sizes are few, so that few statements are prepared.
_SIZES = (1, 8, 32, 128, 512)
_NAMES = {size: [f"k{place}" for place in range(size)] for size in _SIZES}


class Found(msgspec.Struct, frozen=True, gc=False):  # made for each record: ten times quicker than a dataclass
    """A record as it lies in the store. `place` is where the walk is: what comes after it has not been seen."""

    key: bytes
    doc: str
    epoch: int
    created_at: int
    updated_at: int
    place: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `low` (inclusive) up to `high` (exclusive); None is open."""

    low: Any = None
    high: Any = None


def by_keys(tx: Tx, table_id: int, keys: Sequence[bytes]) -> dict[bytes, Found]:
    """The records of these keys that have not expired."""
    if len(keys) == 1:  # most searches by key
        own = keys[0]
        rows = tx.tuples(_by_keys(tx.engine, 1), table_id=table_id, now=tx.now_us, k0=own)
        return {own: _found(own, rows[0][1:], ())} if rows else {}
    found: dict[bytes, Found] = {}
    for first in range(0, len(keys), _SIZES[-1]):
        part = list(keys[first : first + _SIZES[-1]])
        size = next(size for size in _SIZES if size >= len(part))
        values = dict(zip(_NAMES[size], part + part[-1:] * (size - len(part)), strict=True))
        for key, *about in tx.tuples(_by_keys(tx.engine, size), table_id=table_id, now=tx.now_us, **values):
            own = bytes(key)
            found[own] = _found(own, about, ())
    return found


@lru_cache
def _by_keys(engine: str, size: int) -> str:
    return f"""
        SELECT key, {_doc(engine)}, epoch, created_at, updated_at FROM harper_records
        WHERE table_id = :table_id AND key IN ({", ".join(f":{name}" for name in _NAMES[size])})
            AND (expires_at IS NULL OR expires_at > :now)
    """


def by_key_order(
    tx: Tx, table_id: int, span: Span, after: tuple[Any, ...] | None, *, descending: bool, limit: int
) -> list[Found]:
    """Records in the order of their keys."""
    terms, values = _terms("key", "key", span, after, descending)
    sql = _by_key_order(tx.engine, terms, _word(descending))
    rows = tx.tuples(sql, table_id=table_id, now=tx.now_us, limit=limit, **values)
    return [_found(own := bytes(key), about, (own,)) for key, *about in rows]


@lru_cache
def _by_key_order(engine: str, terms: str, direction: str) -> str:
    return f"""
        SELECT key, {_doc(engine)}, epoch, created_at, updated_at FROM harper_records
        WHERE table_id = :table_id AND (expires_at IS NULL OR expires_at > :now) {terms}
        ORDER BY key {direction}
        LIMIT :limit
    """


def by_time(
    tx: Tx, table_id: int, column: Column, span: Span, after: tuple[Any, ...] | None, *, descending: bool, limit: int
) -> list[Found]:
    """Records in the order of one of their times (harper_records_created, harper_records_updated)."""
    terms, values = _terms(column, "key", span, after, descending)
    sql = _by_time(tx.engine, column, terms, _word(descending))
    rows = tx.tuples(sql, table_id=table_id, now=tx.now_us, limit=limit, **values)
    place = 3 if column == "created_at" else 4
    return [_found(own := bytes(row[0]), row[1:], (row[place], own)) for row in rows]


@lru_cache
def _by_time(engine: str, column: Column, terms: str, direction: str) -> str:
    return f"""
        SELECT key, {_doc(engine)}, epoch, created_at, updated_at FROM harper_records
        WHERE table_id = :table_id AND (expires_at IS NULL OR expires_at > :now) {terms}
        ORDER BY {column} {direction}, key {direction}
        LIMIT :limit
    """


def by_entry(
    tx: Tx,
    table_id: int,
    attribute_id: int,
    span: Span,
    after: tuple[Any, ...] | None,
    *,
    descending: bool,
    limit: int,
) -> list[Found]:
    """Records in the order of an attribute's entries, then of their keys; those without an entry are not among them."""
    terms, values = _terms("i.value_key", "i.record_key", span, after, descending)
    sql = _by_entry(tx.engine, terms, _word(descending))
    rows = tx.tuples(sql, table_id=table_id, attribute_id=attribute_id, now=tx.now_us, limit=limit, **values)
    return [_found(own := bytes(key), about, (bytes(value), own)) for value, key, *about in rows]


@lru_cache
def _by_entry(engine: str, terms: str, direction: str) -> str:
    return f"""
        SELECT i.value_key, i.record_key, {_doc(engine, "r.")}, r.epoch, r.created_at, r.updated_at
        FROM harper_index AS i
        JOIN harper_records AS r ON r.table_id = :table_id AND r.key = i.record_key
        WHERE i.attribute_id = :attribute_id AND (r.expires_at IS NULL OR r.expires_at > :now) {terms}
        ORDER BY i.value_key {direction}, i.record_key {direction}
        LIMIT :limit
    """


def count_entries(tx: Tx, attribute_id: int, span: Span, limit: int) -> int:
    """How many entries lie in a span, counted up to `limit`."""
    terms, values = _terms("value_key", "record_key", span, None, False)
    row = tx.row(
        f"""
        SELECT count(*) AS n FROM (
            SELECT 1 AS one FROM harper_index WHERE attribute_id = :attribute_id {terms} LIMIT :limit
        ) AS part
        """,
        attribute_id=attribute_id,
        limit=limit,
        **values,
    )
    assert row is not None
    return int(row["n"])


def count_in_span(tx: Tx, table_id: int, column: Literal["key"] | Column, span: Span, limit: int) -> int:
    """How many records lie in a span of keys or of a time, counted up to `limit`."""
    terms, values = _terms(column, "key", span, None, False)
    row = tx.row(
        f"""
        SELECT count(*) AS n FROM (
            SELECT 1 AS one FROM harper_records WHERE table_id = :table_id {terms} LIMIT :limit
        ) AS part
        """,
        table_id=table_id,
        limit=limit,
        **values,
    )
    assert row is not None
    return int(row["n"])


def lacks_entries(tx: Tx, table_id: int, attribute_id: int) -> bool:
    """Whether there are records without an entry for an attribute."""
    row = tx.row(
        """
        SELECT (SELECT count(*) FROM harper_records WHERE table_id = :table_id) AS records,
               (SELECT count(*) FROM harper_index WHERE attribute_id = :attribute_id) AS entries
        """,
        table_id=table_id,
        attribute_id=attribute_id,
    )
    assert row is not None
    return int(row["records"]) > int(row["entries"])


def count_records(tx: Tx, table_id: int) -> int:
    """How many records a table holds, without those that have expired."""
    row = tx.row(
        """
        SELECT count(*) AS n FROM harper_records
        WHERE table_id = :table_id AND (expires_at IS NULL OR expires_at > :now)
        """,
        table_id=table_id,
        now=tx.now_us,
    )
    assert row is not None
    return int(row["n"])


def _terms(
    column: str, tie: str, span: Span, after: tuple[Any, ...] | None, descending: bool
) -> tuple[str, dict[str, object]]:
    terms, values = "", {}
    if span.low is not None:
        terms, values["low"] = f"{terms} AND {column} >= :low", span.low
    if span.high is not None:
        terms, values["high"] = f"{terms} AND {column} < :high", span.high
    if after is not None:
        sign = "<" if descending else ">"
        if len(after) == 1:
            return f"{terms} AND {column} {sign} :after", {**values, "after": after[0]}
        terms = f"{terms} AND ({column}, {tie}) {sign} (:after, :after_key)"
        values["after"], values["after_key"] = after
    return terms, values


def _word(descending: bool) -> str:
    return "DESC" if descending else "ASC"


def _doc(engine: str, alias: str = "") -> str:
    return f"{alias}doc::TEXT" if engine == "postgres" else f"json({alias}doc)"


def _found(key: bytes, about: Sequence[Any], place: tuple[Any, ...]) -> Found:
    doc, epoch, created_at, updated_at = about
    return Found(key, doc, epoch, created_at, updated_at, place)
