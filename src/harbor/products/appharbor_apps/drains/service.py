"""Drains added and removed. What sends to them reads `of_application` after each commit that notified `TOPIC`."""

from __future__ import annotations

from uuid import UUID

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing, QuotaExceeded
from harbor.kernel.storage.database import Tx
from harbor.products.appharbor_apps.access.model import new_guid
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.drains import store
from harbor.products.appharbor_apps.drains.model import DRAINS_MAX, Drain, check_value
from harbor.products.appharbor_apps.telling import next_number, tell

TOPIC = "appharbor.drains"


def listing(call: Call, slug: str) -> list[Drain]:
    """The drains of an application, oldest first."""
    call, application = applications.require(call, slug, Right.READ)
    return store.of_application(call.tx, call.account_id, application.id)


def find(call: Call, slug: str, drain_id: int) -> Drain:
    """One drain. Raises `Missing`."""
    call, application = applications.require(call, slug, Right.READ)
    return _find(call, application, drain_id)


def add(call: Call, slug: str, *, value: str) -> Drain:
    """A new drain with a token of its own. Raises `Conflict` if the application has one of this address."""
    call, application = applications.require(call, slug, Right.CONFIGURE)
    address = check_value(value)
    present = store.of_application(call.tx, call.account_id, application.id)
    if any(drain.value == address for drain in present):
        raise Conflict("The application has this drain already.", code="drain_exists", field="value")
    if len(present) >= DRAINS_MAX:
        raise QuotaExceeded(f"An application has at most {DRAINS_MAX} drains.")
    drain = Drain(
        account_id=call.account_id,
        id=next_number(call, "drains"),
        application_id=application.id,
        value=address,
        token=f"d.{UUID(new_guid())}",
        created_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, drain)
    _changed(call, application, "drain.added", drain.id)
    return drain


def remove(call: Call, slug: str, drain_id: int) -> None:
    """Remove a drain."""
    call, application = applications.require(call, slug, Right.CONFIGURE)
    drain = _find(call, application, drain_id)
    store.delete(call.tx, call.account_id, drain.id)
    _changed(call, application, "drain.removed", drain.id)


def of_application(call: Call, application_id: int) -> list[Drain]:
    """The drains of an application, for what sends to them; the call acts in its account."""
    return store.of_application(call.tx, call.account_id, application_id)


def everywhere(tx: Tx) -> list[Drain]:
    """The drains of all applications of the installation: for what sends to them."""
    return store.everywhere(tx)


def remove_all(call: Call, application_id: int) -> None:
    """Remove the drains of an application that goes."""
    store.delete_of_application(call.tx, call.account_id, application_id)
    call.tx.notify(TOPIC)


def _changed(call: Call, application: Application, type_: str, drain_id: int) -> None:
    tell(call, type_, application.id, drain_id=drain_id)
    call.tx.notify(TOPIC)


def _find(call: Call, application: Application, drain_id: int) -> Drain:
    found = store.find(call.tx, call.account_id, application.id, drain_id)
    if found is None:
        raise Missing("Not Found")
    return found
