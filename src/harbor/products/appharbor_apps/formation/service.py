"""Formation read and changed. The runner hears of a change after the commit; the next release has it in any case."""

from __future__ import annotations

from collections.abc import Sequence

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.storage.database import Tx
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.formation import store
from harbor.products.appharbor_apps.formation.model import KINDS_MAX, Formed
from harbor.products.appharbor_apps.telling import tell

# The runner is told what has changed after a commit that notified this.
TOPIC = "appharbor.routes"


def listing(call: Call, slug: str) -> list[Formed]:
    """What was said of an application's processes; a type that is not among them has one of 512 MiB."""
    call, application = applications.require(call, slug, Right.READ)
    return of_application(call, application.id)


def change(call: Call, slug: str, wanted: Sequence[Formed]) -> tuple[Application, list[Formed]]:
    """Say how many processes there are of some types; the others stay. Raises `Invalid`."""
    call, application = applications.require(call, slug, Right.CONFIGURE)
    if not wanted:
        raise Invalid("Nothing of this can be changed.")
    for formed in wanted:
        store.put(call.tx, call.account_id, application.id, formed)
    after = of_application(call, application.id)
    if len(after) > KINDS_MAX:
        raise Invalid(f"An application has at most {KINDS_MAX} types of processes.")
    call.tx.notify(TOPIC)
    tell(call, "formation.updated", application.id, kinds=sorted(each.kind for each in wanted))
    return application, after


def of_application(call: Call, application_id: int) -> list[Formed]:
    """What was said of an application's processes, the call acting in its account."""
    return store.of_application(call.tx, call.account_id, application_id)


def of_live_applications(tx: Tx) -> dict[int, dict[str, tuple[int, int]]]:
    """Quantity and MiB by type, of all applications of the installation that are live: for the runner."""
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for row in store.of_live_applications(tx):
        found.setdefault(row["application_id"], {})[row["kind"]] = (row["quantity"], row["memory_mb"])
    return found


def remove_all(call: Call, application_id: int) -> None:
    """Remove what was said of an application that goes."""
    store.delete_of_application(call.tx, call.account_id, application_id)
