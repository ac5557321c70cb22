"""get_configuration and set_configuration on the wire. Source: docs/products/harper.md#administration."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.services import Services
from harbor.products.harper_tables.admin_ops import permitting
from harbor.products.harper_tables.admin_ops.asking import everywhere
from harbor.products.harper_tables.admin_ops.configuration import service
from harbor.products.harper_tables.admin_ops.configuration.in_force import configuration_of
from harbor.products.harper_tables.admin_ops.configuration.keys import find
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import invalid

_GROUP = "Configuration"
_NOT_KEYS = frozenset({"operation", "replicated", "impersonate"})
_KEY_LENGTH_MAX = 250


def get_configuration(call: Call, body: Fields, services: Services) -> dict[str, Any]:
    """The configuration in force, without private keys. Paths of the machine are for its operator."""
    started_with = configuration_of(services).started_with if permitting.is_operator(call) else {}
    return service.in_force(call, started_with, body.compat)


def set_configuration(call: Call, body: Fields) -> dict[str, Any]:
    """Store values, all or none."""
    permitting.require_operator(call, "setConfiguration")
    reply = everywhere(
        body,
        {
            "message": f"Configuration successfully set. You must restart {body.compat.product} for new config settings "
            "to take effect."
        },
    )
    body.check()
    values, unknown, faults = dict[str, Any](), [], []
    for name, value in body.values.items():
        if name in _NOT_KEYS:
            continue
        key = find(name)
        if key is None and (body.compat is Compat.V5 or not 0 < len(name) <= _KEY_LENGTH_MAX):
            unknown.append(name[:_KEY_LENGTH_MAX])
        elif key is not None and (fault := key.fault(value)):
            faults.append(f"'{'.'.join(key.path)}' {fault}")
        elif len(name) > _KEY_LENGTH_MAX:
            unknown.append(name[:_KEY_LENGTH_MAX])
        else:
            values[name if key is None else key.name] = value
    if unknown:
        raise invalid(f"unrecognized config parameter(s): {', '.join(unknown)}", code="unknown_setting")
    if faults:
        raise invalid(
            f"{body.compat.product} config file validation error: {'. '.join(faults)}", code="invalid_setting"
        )
    service.set_values(call, values)
    return reply


OPERATIONS = (
    Operation(
        name="get_configuration",
        handler=get_configuration,
        only="getConfiguration",
        group=_GROUP,
        summary="The configuration in force",
    ),
    Operation(
        name="set_configuration",
        handler=set_configuration,
        only="setConfiguration",
        writes=True,
        group=_GROUP,
        summary="Store values of the configuration",
    ),
)
