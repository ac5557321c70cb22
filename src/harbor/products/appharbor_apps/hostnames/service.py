"""Host names given and taken away. The complimentary name below the applications' domain is none of them."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Missing, QuotaExceeded
from harbor.kernel.storage.database import Tx
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.deploys import service as deploys
from harbor.products.appharbor_apps.hostnames import store
from harbor.products.appharbor_apps.hostnames.model import Hostname, check_value
from harbor.products.appharbor_apps.telling import next_number, tell

HOSTNAMES_MAX = 200


def listing(call: Call, slug: str) -> list[Hostname]:
    """The names of an application, in their order."""
    call, application = applications.require(call, slug, Right.READ)
    return store.of_application(call.tx, call.account_id, application.id)


def find(call: Call, slug: str, hostname_id: int) -> Hostname:
    """One name. Raises `Missing`."""
    call, application = applications.require(call, slug, Right.READ)
    return _find(call, application, hostname_id)


def add(call: Call, slug: str, *, value: str, own_domains: frozenset[str], hostnames_max: int | None) -> Hostname:
    """A new name. Raises `Conflict` if any application has it, and `QuotaExceeded` if the plan allows no more."""
    call, application = applications.require(call, slug, Right.CONFIGURE)
    name = check_value(value, own_domains)
    if store.is_taken(call.tx, call.account_id, name):
        raise Conflict("An application has this name already.", code="hostname_exists", field="value")
    allowed = HOSTNAMES_MAX if hostnames_max is None else min(hostnames_max, HOSTNAMES_MAX)
    if len(store.of_application(call.tx, call.account_id, application.id)) >= allowed:
        raise QuotaExceeded(f"The plan allows {allowed} host names.")
    hostname = Hostname(
        account_id=call.account_id,
        id=next_number(call, "hostnames"),
        application_id=application.id,
        value=name,
        canonical=False,
        created_at=call.tx.now,
    )
    store.insert(call.tx, call.account_id, hostname)
    _changed(call, application, "hostname.added", hostname.id)
    return hostname


def set_canonical(call: Call, slug: str, hostname_id: int, *, canonical: bool) -> None:
    """Make the name the one that all others redirect to, or no longer so."""
    call, application = applications.require(call, slug, Right.CONFIGURE)
    hostname = _find(call, application, hostname_id)
    if canonical == hostname.canonical:
        return
    store.make_canonical(call.tx, call.account_id, application.id, hostname.id if canonical else None)
    _changed(call, application, "hostname.updated", hostname.id)


def remove(call: Call, slug: str, hostname_id: int) -> None:
    """Take a name away."""
    call, application = applications.require(call, slug, Right.CONFIGURE)
    hostname = _find(call, application, hostname_id)
    store.delete(call.tx, call.account_id, hostname.id)
    _changed(call, application, "hostname.removed", hostname.id)


def of_live_applications(tx: Tx) -> dict[int, tuple[list[str], str | None]]:
    """The names and the canonical name of all applications of the installation that are live: for the router."""
    found: dict[int, tuple[list[str], str | None]] = {}
    for row in store.of_live_applications(tx):
        names, canonical = found.get(row["id"], ([], None))
        if row["value"] is not None:
            names.append(row["value"])
            canonical = row["value"] if row["canonical"] else canonical
        found[row["id"]] = (names, canonical)
    return found


def of_application(call: Call, application_id: int) -> list[Hostname]:
    """The names of an application, for whoever makes the table of routes; the call acts in its account."""
    return store.of_application(call.tx, call.account_id, application_id)


def remove_all(call: Call, application_id: int) -> None:
    """Take the names of an application that goes away."""
    store.delete_of_application(call.tx, call.account_id, application_id)


def _changed(call: Call, application: Application, type_: str, hostname_id: int) -> None:
    tell(call, type_, application.id, hostname_id=hostname_id)
    deploys.reroute(call)


def _find(call: Call, application: Application, hostname_id: int) -> Hostname:
    found = store.find(call.tx, call.account_id, application.id, hostname_id)
    if found is None:
        raise Missing("Not Found")
    return found
