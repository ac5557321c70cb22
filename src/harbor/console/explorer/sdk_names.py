"""What an operation is called in the SDKs, for the examples beside it. Operations that are not here are shown as requests."""

from __future__ import annotations

_SHARED = frozenset({"workspaces", "events", "webhooks", "deliveries"})
_PYTHON_ONLY = frozenset({"event_types", "request_logs", "key", "admin"})
# Where the SDK has another word than the document.
_PYTHON = {
    "events.deliveries": "events.list_deliveries",
    "webhooks.patch": "webhooks.update",
    "deliveries.retry": "deliveries.replay",
    "api_keys.list": "admin.api_keys.list",
    "api_keys.create": "admin.api_keys.create",
    "api_keys.retrieve": "admin.api_keys.retrieve",
    "api_keys.update": "admin.api_keys.update",
    "api_keys.revoke": "admin.api_keys.revoke",
    "api_keys.roll": "admin.api_keys.roll",
    "admin.audit_log": "admin.audit_log.list",
    "admin.clock": "admin.clock.get",
    "admin.key_rotation": "admin.key_rotation.retrieve",
}
_NEITHER = frozenset({"events.stream", "deliveries.replay_many", "admin.backup"})


def python_name(api: str, operation_id: str) -> str | None:
    """The method of `harbor_sdk.Harbor`, like `events.create`."""
    if api != "harbor" or operation_id in _NEITHER:
        return None
    if operation_id in _PYTHON:
        return _PYTHON[operation_id]
    return operation_id if operation_id.partition(".")[0] in _SHARED | _PYTHON_ONLY else None


def typescript_name(api: str, operation_id: str) -> str | None:
    """The method of `Harbor` of `@harbor/sdk`, like `webhooks.rotateSecret`."""
    name = python_name(api, operation_id)
    if name is None or name.partition(".")[0] not in _SHARED:
        return None
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
