"""The trigrams of verifications: FTS5 on SQLite, an index over a function of the column on PostgreSQL.

Both find candidates that have all trigrams of what is looked for; the column `search` decides. A text shorter than
three characters has no trigram.
"""

from __future__ import annotations

from harbor.kernel.clock import micros
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements.verifications.model import (
    Result,
    Status,
    SubStatus,
    Subtype,
    Tier,
    Type,
    Verification,
)

_LENGTH = 3
# A long text has many trigrams, and the few rarest find what all would: reading a frequent one costs more than it spares.
# Measured with a million rows and a link's id of 21 letters: 13.8 ms with all nineteen, 1.4 ms with five.
GRAMS_MAX = 5
# Ids are hexadecimal, so their digits are the most frequent letters; then come the words that every row has some of.
_FREQUENT = frozenset("0123456789abcdef-_")
_WORDS = (
    *Type,
    *Subtype,
    *Tier,
    *Status,
    *Result,
    *SubStatus,
    "verification-",
    "sandbox-",
    "org-",
)
_IN_WORDS = frozenset(word[place : place + _LENGTH] for word in _WORDS for place in range(len(word) - _LENGTH + 1))


def add(tx: Tx, account_id: str, found: Verification, text: str) -> None:
    """Make a verification findable by a text. PostgreSQL does it by itself."""
    if tx.engine != "sqlite":
        return
    row = tx.row(
        """
        INSERT INTO harbour_search_rows (account_id, verification_id, created_at)
        VALUES (:account_id, :verification_id, :created_at)
        RETURNING number
        """,
        account_id=account_id,
        verification_id=found.id,
        created_at=micros(found.created_at),
    )
    assert row is not None, found.id
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


# On SQLite: rows `f` of those that have `:grams`, with the account, id and age of each.
CANDIDATES = """
    SELECT r.account_id, r.verification_id, r.created_at
    FROM harbour_search s CROSS JOIN harbour_search_rows r
    WHERE s.harbour_search MATCH :grams AND r.number = s.rowid AND r.account_id = :account_id"""
# On PostgreSQL: the condition on a row `v` of verifications that it has them.
HAS_GRAMS = "harbour_trigrams(v.search) @> harbour_trigrams(CAST(:grams AS TEXT))"


def grams(engine: str, text: str) -> str:
    """The value of `:grams` for a text."""
    if engine != "sqlite":
        return text
    found = dict.fromkeys(text[place : place + _LENGTH] for place in range(len(text) - _LENGTH + 1))
    rarest = sorted(found, key=_frequency)[:GRAMS_MAX]
    return " AND ".join('"' + gram.replace('"', '""') + '"' for gram in rarest)


def is_rare(text: str) -> bool:
    """Whether a text has letters of an id, so that few rows have all of it: no documented word, no moment."""
    found = {text[place : place + _LENGTH] for place in range(len(text) - _LENGTH + 1)}
    return any(gram not in _IN_WORDS and not gram.isdigit() for gram in found)


def _frequency(gram: str) -> int:
    """How frequent three letters are, roughly: the smaller, the rarer."""
    return 10 * (gram in _IN_WORDS) + sum(letter in _FREQUENT for letter in gram)
