"""Telling what was done with an application, and drawing the integers that clients take for ids."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.identity import store as identity
from harbor.kernel.jobs.model import SYSTEM_ACCOUNT


def tell(call: Call, type_: str, application_id: int, **data: object) -> None:
    """Emit `appharbor.` and `type_` about an application. `data` is ids, states and amounts, never a person's content."""
    call.emit(
        f"appharbor.{type_}", subject=f"application/{application_id}", data={"application_id": application_id, **data}
    )


def next_number(call: Call, name: str) -> int:
    """The next integer of a counter of the installation: addresses name a build without saying whose it is.

    Draw it last: on PostgreSQL whoever comes next waits for this transaction.
    """
    return identity.next_serial(call.tx, SYSTEM_ACCOUNT, f"appharbor_{name}")


def number_of(text: str) -> int:
    """The number in a path, or -1, which nothing has, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else -1
