"""Other products' data as read-only tables: what a product hands over, and how a statement finds it.

A view is a SELECT of the store with a mandatory `:account_id` and a list of its columns. Only super users see views.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


ViewNames = Mapping[tuple[str, ...], SqlView]


def by_name(views: Sequence[SqlView]) -> ViewNames:
    """Views by database and name. Two of one name are our bug."""
    found: ViewNames = {(view.database, view.name): view for view in views}
    assert len(found) == len(views), "a view is there twice"
    return found
