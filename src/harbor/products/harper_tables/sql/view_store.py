"""Reading views, part after part; what a statement says of plain columns is asked of the store."""

from __future__ import annotations

from collections.abc import Sequence

from harbor.kernel.sql_views import SqlView
from harbor.kernel.storage.database import Row, Tx

# A column, a sign and a value that every row must satisfy.
Condition = tuple[str, str, object]
_SIGNS = frozenset({"=", "<", "<=", ">", ">="})


def view_rows(
    tx: Tx,
    account_id: str,
    view: SqlView,
    conditions: Sequence[Condition],
    order: Sequence[tuple[str, bool]],
    limit: int,
) -> list[Row]:
    """The rows of a view; `order` are columns, descending or not, nulls first."""
    terms, values = [], {}
    for place, (column, sign, value) in enumerate(conditions):
        assert column in view.columns, column
        assert sign in _SIGNS, sign
        terms.append(f"{column} {sign} :value{place}")
        values[f"value{place}"] = value
    assert all(column in view.columns for column, _ in order), order
    nulls = "" if tx.engine == "sqlite" else " NULLS {}"
    keys = [
        f"{column} {'DESC' if down else 'ASC'}{nulls.format('LAST' if down else 'FIRST')}" for column, down in order
    ]
    return tx.rows(
        f"""
        WITH view_rows AS ({view.select})
        SELECT {", ".join(view.columns)} FROM view_rows
        {f"WHERE {' AND '.join(terms)}" if terms else ""}
        {f"ORDER BY {', '.join(keys)}" if keys else ""}
        LIMIT :row_limit
        """,
        account_id=account_id,
        row_limit=limit,
        **values,
    )
