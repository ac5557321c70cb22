"""Harbour's data as tables that an administrator of the installation's account may read with SQL.

Columns have the names of the API. What providers answered, applicants and keys are left out. Source:
docs/products/harbour.md#sql.
"""

from __future__ import annotations

from collections.abc import Mapping

from harbor.kernel.sql_views import ColumnKind, SqlView

_TEXT, _NUMBER, _FLAG, _MOMENT, _JSON = (
    ColumnKind.TEXT,
    ColumnKind.NUMBER,
    ColumnKind.FLAG,
    ColumnKind.MOMENT,
    ColumnKind.JSON,
)


def _view(name: str, table: str, columns: Mapping[str, ColumnKind], renamed: Mapping[str, str]) -> SqlView:
    parts = [f"{renamed[shown]} AS {shown}" if shown in renamed else shown for shown in columns]
    select = f"SELECT {', '.join(parts)} FROM {table} WHERE account_id = :account_id"
    return SqlView(database="harbour", name=name, columns=columns, select=select)


VIEWS = (
    _view(
        "verifications",
        "harbour_verifications",
        {
            "verification_id": _TEXT,
            "parent_verification_id": _TEXT,
            "verification_type": _TEXT,
            "verification_subtype": _TEXT,
            "verification_tier": _TEXT,
            "status": _TEXT,
            "result": _TEXT,
            "sub_status": _TEXT,
            "is_scan": _FLAG,
            "provider": _TEXT,
            "catalogue_edition": _TEXT,
            "attempt": _NUMBER,
            "agreement_link_id": _TEXT,
            "verification_metadata": _JSON,
            "created_at": _MOMENT,
            "updated_at": _MOMENT,
            "submitted_at": _MOMENT,
            "last_status_at": _MOMENT,
            "completed_at": _MOMENT,
        },
        {"verification_id": "id", "parent_verification_id": "parent_id", "verification_metadata": "metadata"},
    ),
    _view(
        "activity",
        "harbour_activity",
        {"verification_id": _TEXT, "number": _NUMBER, "status": _TEXT, "happened_at": _MOMENT},
        {},
    ),
)
