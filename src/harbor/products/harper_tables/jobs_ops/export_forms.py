"""The bytes of an export: a JSON array, or CSV. They are the same as those of replies, in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harbor.products.harper_tables import replies
from harbor.products.harper_tables.values import Doc


@dataclass(frozen=True, slots=True)
class Form:
    """One form. `names` are the columns of CSV."""

    word: str
    names: Sequence[str] = ()

    @property
    def media_type(self) -> str:
        """What a store is told."""
        return replies.CSV if self.word == "csv" else replies.JSON

    def begin(self) -> bytes:
        """What comes before all rows."""
        if self.word == "csv":
            return replies.csv_line(self.names) if self.names else b""
        return b"["

    def rows(self, rows: Sequence[Doc], *, is_first: bool) -> bytes:
        """Some rows, with what parts them from those before."""
        if self.word == "csv":
            return replies.csv_rows(self.names, rows)
        lines = [b"\n" + replies.encode(row, replies.JSON) for row in rows]
        return (b"" if is_first or not lines else b",") + b",".join(lines)

    def end(self) -> bytes:
        """What comes after all rows."""
        return b"" if self.word == "csv" else b"\n]\n"
