"""Harper in the console: databases, tables and records, import and export, SQL, users, roles, jobs, logs, analytics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harbor.kernel.http.page import Link, Section
from harbor.kernel.sql_views import SqlView
from harbor.products.harper_tables import scopes
from harbor.products.harper_tables.pages import (
    analytics,
    databases,
    history,
    importing,
    jobs,
    logs,
    places,
    records,
    roles,
    sql,
    tables,
    users,
)
from harbor.products.harper_tables.sql.bounds import Bounds


def section(views: Sequence[SqlView] = (), sql_bounds: Bounds | None = None) -> Section:
    """The section. `views` are tables of other products that administrators may read with SQL."""
    return Section(
        name="harper",
        label="Tables",
        icon="table",
        links=(
            Link("Tables", places.DATABASES, scopes.READ),
            Link("SQL", sql.SQL, scopes.READ),
            Link("Jobs", jobs.JOBS, scopes.MANAGE),
            Link("Users", users.USERS, scopes.MANAGE),
            Link("Roles", roles.ROLES, scopes.MANAGE),
            Link("Logs", logs.LOGS, scopes.MANAGE),
            Link("Analytics", analytics.ANALYTICS, scopes.READ),
        ),
        routes=(
            *databases.ROUTES,
            *tables.ROUTES,
            *records.ROUTES,
            *history.ROUTES,
            *importing.ROUTES,
            *sql.sql_routes(views, sql_bounds),
            *jobs.ROUTES,
            *users.ROUTES,
            *roles.ROUTES,
            *logs.ROUTES,
            *analytics.ROUTES,
        ),
        templates=Path(__file__).parent / "templates",
        notices={
            **databases.NOTICES,
            **tables.NOTICES,
            **records.NOTICES,
            **importing.NOTICES,
            **history.NOTICES,
            **users.NOTICES,
            **roles.NOTICES,
        },
        member_scopes=scopes.OF_MEMBERS,
    )
