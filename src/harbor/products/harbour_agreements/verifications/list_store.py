"""Lists of verifications: two pairs of metadata and a search among a million are found from their rarest condition.

Pairs and trigrams have the age and id of what they belong to, so most of it is found, ordered and counted without reading
a row; only the rows of the page are read whole. Source: docs/products/harbour.md#list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements.ordering import Order
from harbor.products.harbour_agreements.verifications import search_store, store
from harbor.products.harbour_agreements.verifications.model import Verification, Wanted

# How far it is counted which condition is the rarest. A thousand rows are looked at in 3 ms.
_PROBE_ROWS = 1_000
_NEVER_NULL = frozenset({"id", "created_at", "updated_at", "status", "verification_type"})
# What is known of a row before it is read.
_KNOWN_BEFORE = frozenset({"id", "created_at"})
_ROW_OF_FOUND = "v.account_id = :account_id AND v.id = f.verification_id"


@dataclass(frozen=True, slots=True)
class _Way:
    """How the rows of a list are found: what stands behind FROM and WHERE, and where its id and age are."""

    source: str
    condition: str
    values: dict[str, object]
    id: str
    created_at: str
    has_row: bool

    def with_row(self) -> _Way:
        """The same with the row `v` of each, for what is known only there."""
        if self.has_row:
            return self
        source = f"{self.source} CROSS JOIN harbour_verifications v"
        condition = f"{self.condition} AND {_ROW_OF_FOUND}"
        return _Way(source, condition, self.values, "v.id", "v.created_at", has_row=True)


def listed(tx: Tx, account_id: str, wanted: Wanted, order: Order, page: PageRequest) -> Page[Verification]:
    """A numbered page with the count of all. Ties are broken by id in the same direction, nulls come last."""
    way = _way(tx, account_id, wanted)
    column = "id" if order.field == "verification_id" else order.field
    if column not in _KNOWN_BEFORE:
        way = way.with_row()
    by = {"id": way.id, "created_at": way.created_at}.get(column, f"v.{column}")
    direction = "DESC" if order.is_descending else "ASC"
    nulls = "" if column in _NEVER_NULL else f"({by} IS NULL), "
    rows = tx.rows(
        f"""
        SELECT {way.id} AS id FROM {way.source}
        WHERE {way.condition}
        ORDER BY {nulls}{by} {direction}, {way.id} {direction}          -- harbour_verifications_by_age by default
        LIMIT :limit OFFSET :offset
        """,
        **way.values,
        limit=page.limit,
        offset=page.offset,
    )
    # A short page that is not empty is the last one, so its end is the count.
    if rows and len(rows) < page.limit:
        total = page.offset + len(rows)
    elif not wanted.metadata and wanted.search is None:
        total = store.count(tx, account_id)
    else:
        counted = tx.row(f"SELECT count(*) AS n FROM {way.source} WHERE {way.condition}", **way.values)
        assert counted is not None
        total = counted["n"]
    found = store.find_all(tx, account_id, [row["id"] for row in rows])
    return Page(found, more=page.offset + len(rows) < total, total=total)


def _way(tx: Tx, account_id: str, wanted: Wanted) -> _Way:
    """From the rarest condition to the others, which test each row found."""
    pairs = _rarest_first(tx, account_id, wanted.metadata)
    values: dict[str, object] = {"account_id": account_id}
    for index, (_, key, value) in enumerate(pairs):
        values |= {f"key_{index}": key, f"value_{index}": value}
    by_search = _finds_by_search(wanted.search, pairs)
    if by_search:
        values["grams"] = search_store.grams(tx.engine, wanted.search or "")
    if by_search and tx.engine == "sqlite":
        tests = [_has_pair(index, "f.created_at", "f.verification_id") for index in range(len(pairs))]
        way = _Way(
            f"({search_store.CANDIDATES}) f",
            " AND ".join(["f.account_id = :account_id", *tests]),
            values,
            "f.verification_id",
            "f.created_at",
            has_row=False,
        )
    elif pairs and not by_search:
        tests = [_has_pair(index, "f.created_at", "f.verification_id") for index in range(1, len(pairs))]
        finding = "f.account_id = :account_id AND f.key = :key_0 AND f.value = :value_0"
        way = _Way(
            "harbour_verification_metadata f",
            " AND ".join([finding, *tests]),
            values,
            "f.verification_id",
            "f.created_at",
            has_row=False,
        )
    else:
        tests = [_has_pair(index, "v.created_at", "v.id") for index in range(len(pairs))]
        grams = [search_store.HAS_GRAMS] if by_search else []
        condition = " AND ".join(["v.account_id = :account_id", *grams, *tests])
        way = _Way("harbour_verifications v", condition, values, "v.id", "v.created_at", has_row=True)
    if wanted.search is None:
        return way
    way = way.with_row()
    position = "instr" if tx.engine == "sqlite" else "strpos"
    values["search"] = wanted.search
    condition = f"{way.condition} AND {position}(v.search, :search) > 0"
    return _Way(way.source, condition, values, way.id, way.created_at, has_row=True)


def _finds_by_search(search: str | None, pairs: list[tuple[int, str, str]]) -> bool:
    if search is None or not search_store.can_find(search):
        return False
    return not pairs or (pairs[0][0] > _PROBE_ROWS and search_store.is_rare(search))


def _has_pair(index: int, created_at: str, id_: str) -> str:
    return f"""EXISTS (
        SELECT 1 FROM harbour_verification_metadata o
        WHERE o.account_id = :account_id AND o.key = :key_{index} AND o.value = :value_{index}
          AND o.created_at = {created_at} AND o.verification_id = {id_})"""


def _rarest_first(tx: Tx, account_id: str, metadata: Mapping[str, str]) -> list[tuple[int, str, str]]:
    counted = []
    for key, value in metadata.items():
        row = tx.row(
            """
            SELECT count(*) AS n FROM (
                SELECT 1 AS one FROM harbour_verification_metadata
                WHERE account_id = :account_id AND key = :key AND value = :value LIMIT :limit) AS counted
            """,
            account_id=account_id,
            key=key,
            value=value,
            limit=_PROBE_ROWS + 1,
        )
        assert row is not None
        counted.append((int(row["n"]), key, value))
    return sorted(counted)
