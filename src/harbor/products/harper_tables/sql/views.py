"""Other products' tables, as a statement finds them. Only super users see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harbor.kernel.sql_views import SqlView

ViewNames = Mapping[tuple[str, ...], SqlView]


def by_name(views: Sequence[SqlView]) -> ViewNames:
    """Views by database and name. Two of one name are our bug."""
    found: ViewNames = {(view.database, view.name): view for view in views}
    assert len(found) == len(views), "a view is there twice"
    return found
