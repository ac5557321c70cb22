"""Harbor's data as tables that an administrator may read with SQL."""

from __future__ import annotations

from harbor.kernel.sql_views import ColumnKind, SqlView

_TEXT, _NUMBER, _FLAG, _MOMENT, _JSON = (
    ColumnKind.TEXT,
    ColumnKind.NUMBER,
    ColumnKind.FLAG,
    ColumnKind.MOMENT,
    ColumnKind.JSON,
)


def _view(name: str, table: str, columns: dict[str, ColumnKind], where: str = "") -> SqlView:
    select = f"SELECT {', '.join(columns)} FROM {table} WHERE account_id = :account_id{where}"
    return SqlView(database="harbor", name=name, columns=columns, select=select)


VIEWS = (
    _view(
        "workspaces",
        "workspaces",
        {
            "id": _TEXT,
            "name": _TEXT,
            "status": _TEXT,
            "suspension_reason": _TEXT,
            "is_default": _FLAG,
            "created_at": _MOMENT,
            "updated_at": _MOMENT,
        },
    ),
    _view(
        "events",
        "events",
        {
            "id": _TEXT,
            "workspace_id": _TEXT,
            "type": _TEXT,
            "product": _TEXT,
            "subject": _TEXT,
            "payload": _JSON,
            "actor": _TEXT,
            "created_at": _MOMENT,
        },
    ),
    _view(
        "webhooks",
        "subscriptions",
        {
            "id": _TEXT,
            "workspace_id": _TEXT,
            "url": _TEXT,
            "entries": _JSON,
            "description": _TEXT,
            "status": _TEXT,
            "disabled_reason": _TEXT,
            "ordering": _TEXT,
            "rate_limit": _NUMBER,
            "created_at": _MOMENT,
            "updated_at": _MOMENT,
        },
        " AND view = 'harbor' AND deleted_at IS NULL",
    ),
    _view(
        "deliveries",
        "deliveries",
        {
            "id": _TEXT,
            "workspace_id": _TEXT,
            "subscription_id": _TEXT,
            "event_id": _TEXT,
            "event_type": _TEXT,
            "state": _TEXT,
            "attempt_count": _NUMBER,
            "last_response_status": _NUMBER,
            "last_error": _TEXT,
            "created_at": _MOMENT,
            "completed_at": _MOMENT,
        },
        " AND view = 'harbor'",
    ),
    _view(
        "attempts",
        "attempts",
        {
            "id": _TEXT,
            "delivery_id": _TEXT,
            "subscription_id": _TEXT,
            "number": _NUMBER,
            "trigger": _TEXT,
            "started_at": _MOMENT,
            "duration_ms": _NUMBER,
            "response_status": _NUMBER,
            "error": _TEXT,
        },
    ),
    _view(
        "audit",
        "audit",
        {
            "id": _TEXT,
            "workspace_id": _TEXT,
            "product": _TEXT,
            "action": _TEXT,
            "subject": _TEXT,
            "actor": _TEXT,
            "request_id": _TEXT,
            "event_id": _TEXT,
            "created_at": _MOMENT,
        },
    ),
)
