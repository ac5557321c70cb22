"""restart, restart_service and system_information on the wire. Source: docs/products/harper.md#administration.

A process is restarted by the tool `harper.restart`, which whoever composes it gives: it reads the stored configuration and
opens the listener of the operations again, once the transaction it gets is committed, in every process of the installation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from harbor.kernel.call import Call
from harbor.kernel.errors import Unsupported
from harbor.kernel.http.services import Services
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.admin_ops import asking, keeping, permitting, upkeep
from harbor.products.harper_tables.admin_ops.system import information
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import invalid

RESTART: Final = "harper.restart"
_GROUP = "System"
_SERVICES: Final = ("http", "http_workers", "custom_functions", "custom functions", "harperdb")


def restart(call: Call, body: Fields, services: Services) -> str:
    """Close and open again the listener of the operations; other products go on."""
    permitting.require_operator(call, "restart")
    _restarting(services)(call.tx)
    keeping.tell(call, "instance", "restarted", "operations")
    return f"Restarting {body.compat.product}. This may take up to 60 seconds."


def restart_service(call: Call, body: Fields, services: Services) -> dict[str, Any]:
    """The same for one service, which here are all the same listener."""
    permitting.require_operator(call, "restartService")
    service = body.text("service", required=True)
    body.flag("replicated")
    body.check()
    if service not in _SERVICES:
        raise invalid("Invalid service", code="invalid_service", field="service")
    restart_all = _restarting(services)
    job = upkeep.start(call, upkeep.DONE, "restart_service", {"message": f"Restarting {service}"})
    restart_all(call.tx)
    keeping.tell(call, "instance", "restarted", service)
    return asking.everywhere(body, {"message": f"Restarting {service}", "job_id": job["job_id"]})


def _restarting(services: Services) -> Callable[[Tx], None]:
    restart_all = services.tools.get(RESTART)
    if restart_all is None:
        raise Unsupported(
            "This process cannot restart itself; restart it where it was started.", code="restart_unavailable"
        )
    return cast(Callable[[Tx], None], restart_all)


OPERATIONS = (
    Operation(
        name="restart",
        handler=restart,
        only="restart",
        writes=True,
        group=_GROUP,
        summary="Open the listener of the operations again",
    ),
    Operation(
        name="restart_service",
        handler=restart_service,
        only="restartService",
        writes=True,
        group=_GROUP,
        summary="Open the listener of a service again",
    ),
    Operation(
        name="system_information",
        handler=information.system_information,
        prepare=information.prepare_machine,
        only="systemInformation",
        read="long",
        group=_GROUP,
        summary="Figures of the machine and of the tables",
    ),
)
