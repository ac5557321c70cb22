"""Lists of verifications: two pairs of metadata and a search among a million are found from their rarest condition.

Source: docs/products/harbour.md#list.
"""

from __future__ import annotations

from collections.abc import Mapping

from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements.ordering import Order
from harbor.products.harbour_agreements.verifications import search_store
from harbor.products.harbour_agreements.verifications.model import Verification, Wanted
from harbor.products.harbour_agreements.verifications.store import verification_of

# How far it is counted which condition is the rarest. A thousand rows are looked at in 3 ms.
_PROBE_ROWS = 1_000
_NEVER_NULL = frozenset({"id", "created_at", "updated_at", "status", "verification_type"})


def listed(tx: Tx, account_id: str, wanted: Wanted, order: Order, page: PageRequest) -> Page[Verification]:
    """A numbered page with the count of all. Ties are broken by id in the same direction, nulls come last."""
    condition, values = _condition(tx, account_id, wanted)
    column = "id" if order.field == "verification_id" else order.field
    direction = "DESC" if order.is_descending else "ASC"
    nulls = "" if column in _NEVER_NULL else f"(v.{column} IS NULL), "
    rows = tx.rows(
        f"""
        SELECT v.* FROM harbour_verifications v
        WHERE {condition}
        ORDER BY {nulls}v.{column} {direction}, v.id {direction}          -- harbour_verifications_by_age by default
        LIMIT :limit OFFSET :offset
        """,
        **values,
        limit=page.limit,
        offset=page.offset,
    )
    # A short page that is not empty is the last one, so its end is the count.
    if rows and len(rows) < page.limit:
        total = page.offset + len(rows)
    else:
        counted = tx.row(f"SELECT count(*) AS n FROM harbour_verifications v WHERE {condition}", **values)
        assert counted is not None
        total = counted["n"]
    return Page(tuple(map(verification_of, rows)), more=page.offset + len(rows) < total, total=total)


def _condition(tx: Tx, account_id: str, wanted: Wanted) -> tuple[str, dict[str, object]]:
    """The terms of a list, the rarest as the one that finds the rows and the others as tests of each row found."""
    values: dict[str, object] = {"account_id": account_id}
    terms = ["v.account_id = :account_id"]
    pairs = _rarest_first(tx, account_id, wanted.metadata)
    if wanted.search is not None:
        values["search"] = wanted.search
        terms.append(f"{'instr' if tx.engine == 'sqlite' else 'strpos'}(v.search, :search) > 0")
        is_rarer = not pairs or pairs[0][0] > _PROBE_ROWS
        if is_rarer and search_store.can_find(wanted.search):
            values["grams"] = search_store.grams(tx.engine, wanted.search)
            terms.append(search_store.term(tx.engine))
    for index, (_, key, value) in enumerate(pairs):
        values |= {f"key_{index}": key, f"value_{index}": value}
    if pairs and "grams" not in values:
        finding = """
            v.id IN (SELECT m.verification_id FROM harbour_verification_metadata m
                     WHERE m.account_id = :account_id AND m.key = :key_0 AND m.value = :value_0"""
        tests = "".join(f" AND {_has_pair('m.verification_id', index)}" for index in range(1, len(pairs)))
        terms.append(f"{finding}{tests})")
    else:
        terms += [_has_pair("v.id", index) for index in range(len(pairs))]
    return " AND ".join(terms), values


def _has_pair(id_: str, index: int) -> str:
    return f"""EXISTS (
        SELECT 1 FROM harbour_verification_metadata o
        WHERE o.account_id = :account_id AND o.key = :key_{index} AND o.value = :value_{index} AND o.verification_id = {id_})"""


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
