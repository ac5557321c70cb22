"""A product's data as a read-only table: what it hands over, so that an administrator may ask about it in SQL.

A view is a SELECT of the store with a mandatory `:account_id` and an explicit list of columns. No secret, sealed, rendered
or session column may be among them: tests/architecture/test_sql_views.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ColumnKind(StrEnum):
    """What a column of the store holds, and how it is shown."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"  # 0 or 1, shown as a boolean
    MOMENT = "moment"  # microseconds since 1970, shown as milliseconds
    JSON = "json"  # text, shown as its value


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlView:
    """`harbor.events`: `database` and `name`; `columns` are those of `select`, in the order in which they are shown.

    `select` is SQL for both engines. It keeps to one account by `:account_id`, and has no secret, sealed or session column.
    """

    database: str
    name: str
    columns: Mapping[str, ColumnKind]
    select: str

    def __post_init__(self) -> None:
        if ":account_id" not in self.select:
            raise ValueError(f"{self.database}.{self.name} does not keep to :account_id")
        if not all(name.isidentifier() and name.isascii() for name in self.columns):
            raise ValueError(f"{self.database}.{self.name} has a column that is no plain name")

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(self.columns)
