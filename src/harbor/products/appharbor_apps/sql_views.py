"""AppHarbor's data as tables that an administrator of the installation's account may read with SQL.

Columns have the names of the API where it has one. Values of variables, tokens and addresses of archives are left out.
Source: docs/products/appharbor.md#sql.
"""

from __future__ import annotations

from collections.abc import Mapping

from harbor.kernel.sql_views import ColumnKind, SqlView

_TEXT, _NUMBER, _FLAG, _MOMENT = ColumnKind.TEXT, ColumnKind.NUMBER, ColumnKind.FLAG, ColumnKind.MOMENT
_OF = {"id": _NUMBER, "application_id": _NUMBER}


def _view(name: str, table: str, columns: Mapping[str, ColumnKind]) -> SqlView:
    select = f"SELECT {', '.join(columns)} FROM {table} WHERE account_id = :account_id"
    return SqlView(database="appharbor", name=name, columns=columns, select=select)


VIEWS = (
    _view(
        "applications",
        "appharbor_applications",
        {
            "id": _NUMBER,
            "slug": _TEXT,
            "name": _TEXT,
            "region": _TEXT,
            "environment_name": _TEXT,
            "live_build_id": _NUMBER,
            "created_at": _MOMENT,
            "updated_at": _MOMENT,
        },
    ),
    _view(
        "builds",
        "appharbor_builds",
        {
            **_OF,
            "status": _TEXT,
            "source": _TEXT,
            "branch": _TEXT,
            "commit_id": _TEXT,
            "artefact_bytes": _NUMBER,
            "created_at": _MOMENT,
            "started_at": _MOMENT,
            "finished_at": _MOMENT,
            "deployed_at": _MOMENT,
        },
    ),
    _view(
        "tests",
        "appharbor_tests",
        {
            "build_id": _NUMBER,
            "path": _TEXT,
            "name": _TEXT,
            "status": _TEXT,
            "kind": _TEXT,
            "duration_us": _NUMBER,
        },
    ),
    _view(
        "releases",
        "appharbor_releases",
        {
            "application_id": _NUMBER,
            "number": _NUMBER,
            "build_id": _NUMBER,
            "reason": _TEXT,
            "state": _TEXT,
            "created_at": _MOMENT,
            "finished_at": _MOMENT,
        },
    ),
    _view("hostnames", "appharbor_hostnames", {**_OF, "value": _TEXT, "canonical": _FLAG, "created_at": _MOMENT}),
    _view(
        "errors",
        "appharbor_exceptions",
        {**_OF, "commit_id": _TEXT, "occurred_at": _MOMENT, "request_path": _TEXT, "message": _TEXT},
    ),
)
