"""The trigrams of verifications: FTS5 on SQLite, an index over a function of the column on PostgreSQL.

Both find candidates that have all trigrams of what is looked for; the column `search` decides. A text shorter than
three characters has no trigram.
"""

from __future__ import annotations

from harbor.kernel.storage.database import Tx

_LENGTH = 3
# A long text has many trigrams and a few of them are telling enough: those at even distances, first and last included.
GRAMS_MAX = 24


def add(tx: Tx, account_id: str, verification_id: str, text: str) -> None:
    """Make a text findable. PostgreSQL does it by itself."""
    if tx.engine != "sqlite":
        return
    row = tx.row(
        """
        INSERT INTO harbour_search_rows (account_id, verification_id) VALUES (:account_id, :verification_id)
        RETURNING number
        """,
        account_id=account_id,
        verification_id=verification_id,
    )
    assert row is not None, verification_id
    tx.run("INSERT INTO harbour_search (rowid, text) VALUES (:number, :text)", number=row["number"], text=text)


def remove(tx: Tx, account_id: str, verification_id: str, text: str) -> None:
    """Take a text out of the index; it must be the one that was added."""
    if tx.engine != "sqlite":
        return
    row = tx.row(
        """
        DELETE FROM harbour_search_rows WHERE account_id = :account_id AND verification_id = :verification_id
        RETURNING number
        """,
        account_id=account_id,
        verification_id=verification_id,
    )
    assert row is not None, verification_id
    tx.run(
        "INSERT INTO harbour_search (harbour_search, rowid, text) VALUES ('delete', :number, :text)",
        number=row["number"],
        text=text,
    )


def can_find(text: str) -> bool:
    """Whether a text is long enough for the index."""
    return len(text) >= _LENGTH


def term(engine: str) -> str:
    """The condition on a row `v` of verifications that it is a candidate for `:grams` in `:account_id`."""
    if engine == "sqlite":
        return """
            v.id IN (SELECT r.verification_id FROM harbour_search s JOIN harbour_search_rows r ON r.number = s.rowid
                     WHERE s.harbour_search MATCH :grams AND r.account_id = :account_id)"""
    return "harbour_trigrams(v.search) @> harbour_trigrams(CAST(:grams AS TEXT))"


def grams(engine: str, text: str) -> str:
    """The value of `:grams` for a text."""
    if engine != "sqlite":
        return text
    found = list(dict.fromkeys(text[place : place + _LENGTH] for place in range(len(text) - _LENGTH + 1)))
    if len(found) > GRAMS_MAX:
        step = (len(found) - 1) / (GRAMS_MAX - 1)
        found = [found[round(place * step)] for place in range(GRAMS_MAX)]
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in found)
