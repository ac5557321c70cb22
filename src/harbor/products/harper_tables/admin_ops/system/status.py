"""set_status, get_status, clear_status on the wire. Source: docs/products/harper.md#administration."""

from __future__ import annotations

from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.http.services import Services
from harbor.products.harper_tables.admin_ops import asking, keeping, store
from harbor.products.harper_tables.admin_ops.components import listing as components
from harbor.products.harper_tables.admin_ops.configuration import service as configuration
from harbor.products.harper_tables.admin_ops.configuration.in_force import configuration_of
from harbor.products.harper_tables.admin_ops.store import Kept
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation

_GROUP = "System"
_KIND = "status"
_IDS: Final = ("primary", "maintenance", "availability")
_AVAILABILITIES: Final = ("Available", "Unavailable")
_STATUS_LENGTH_MAX: Final = 512


def set_status(call: Call, body: Fields) -> dict[str, Any]:
    """Say how the instance is; it is kept, and nothing else follows from it."""
    id_ = body.choice("id", among=_IDS, default="primary")
    status = asking.text(body, "status", required=True, length_max=_STATUS_LENGTH_MAX)
    if id_ == "availability" and status and status not in _AVAILABILITIES:
        body.refuse(f'Status "availability" only accepts these values: {", ".join(_AVAILABILITIES)}', field="status")
    body.check()
    keeping.keep(call, _KIND, id_, {"status": status})
    kept = store.get(call.tx, call.account_id, _KIND, id_)
    assert kept is not None, id_
    return _shown(kept)


def get_status(call: Call, body: Fields, services: Services) -> Any:
    """One status, or all."""
    if body.has("id"):
        id_ = body.choice("id", among=_IDS, default="primary")
        body.check()
        kept = store.get(call.tx, call.account_id, _KIND, id_)
        return {} if kept is None else _shown(kept)
    records = [_shown(each) for each in store.listing(call.tx, call.account_id, _KIND)]
    if body.compat is Compat.V4:
        return records
    return {
        "systemStatus": records,
        "componentStatus": components.statuses(call),
        "restartRequired": configuration_of(services).is_behind(configuration.stored_of_operator(call.tx)),
    }


def clear_status(call: Call, body: Fields) -> bool:
    """Forget a status; whether there was one."""
    id_ = body.choice("id", among=_IDS, default="primary")
    body.check()
    return keeping.forget(call, _KIND, id_)


def _shown(kept: Kept) -> dict[str, Any]:
    return {
        "id": kept.name,
        "status": kept.doc["status"],
        "__createdtime__": kept.created_at // 1_000,
        "__updatedtime__": kept.updated_at // 1_000,
    }


OPERATIONS = (
    Operation(
        name="set_status", handler=set_status, only="set", writes=True, group=_GROUP, summary="Say how the instance is"
    ),
    Operation(name="get_status", handler=get_status, only="get", group=_GROUP, summary="How the instance is"),
    Operation(
        name="clear_status", handler=clear_status, only="clear", writes=True, group=_GROUP, summary="Forget a status"
    ),
)
