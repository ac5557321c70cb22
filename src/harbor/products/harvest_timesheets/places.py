"""Finding what a request is about, and whether its caller may: before anything of it is read.

A route says `locate=at(service.to_change, "client_id")`; the handler gets the thing as `place.thing`. So an unknown id is
404 before a missing right is 403, and both come before what is wrong with the body. Source: docs/products/harvest.md#errors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.routes import Locate, Place
from harbor.products.harvest_timesheets.wire import read_id


def at(find: Callable[..., Any], *names: str) -> Locate:
    """`find(call, *ids)` with the integers of the path's parameters `names`; what it returns becomes `place.thing`.

    A write holds the lock of the last one until it is committed, so that two changes of one thing come one after the other.
    """

    def locate(call: Call, params: dict[str, str], _value: Any) -> Place:
        ids = [read_id(params[name]) for name in names]
        if names:
            call.tx.lock("harvest", call.account_id, names[-1], ids[-1])
        return Place(workspace_id="", thing=find(call, *ids))

    return locate
