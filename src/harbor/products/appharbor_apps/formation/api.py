"""Formation on the wire: `{"web": {"quantity": 2, "memory_mb": 512}}`. Source: docs/products/appharbor.md#formation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.routes import Route
from harbor.products.appharbor_apps.access.model import READ, WRITE
from harbor.products.appharbor_apps.formation import service
from harbor.products.appharbor_apps.formation.model import KINDS_MAX, Formed, check
from harbor.products.appharbor_apps.wire import DONE, Done


def index(call: Call, slug: str) -> dict[str, dict[str, int]]:
    """How many processes of each type there are, where somebody has said so."""
    found = service.listing(call, slug)
    return {each.kind: {"quantity": each.quantity, "memory_mb": each.memory_mb} for each in found}


async def wanted(value: object) -> list[Formed]:
    """The types of a body. A form writes them as `web=2`."""
    if not isinstance(value, Mapping) or len(value) > KINDS_MAX:
        raise Invalid(f"The body must name 1 to {KINDS_MAX} types of processes.")
    return [_formed(str(kind), each) for kind, each in value.items()]


def change(call: Call, slug: str, prepared: Sequence[Formed]) -> Done:
    """Change how many processes of some types there are."""
    service.change(call, slug, prepared)
    return DONE


def _formed(kind: str, given: Any) -> Formed:
    fields = given if isinstance(given, Mapping) else {"quantity": given}
    usual = Formed(kind=kind)
    return check(
        kind,
        _number(fields.get("quantity", usual.quantity), kind),
        _number(fields.get("memory_mb", usual.memory_mb), kind),
    )


def _number(value: object, field: str) -> int:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit() and len(value) < 10:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid("A quantity is a whole number.", field=field)
    return value


_PATH = "/applications/{slug}/formation"
ROUTES = (
    Route("formation.list", "GET", _PATH, index, scope=READ, summary="How many processes of each type there are"),
    Route(
        "formation.edit",
        "PUT",
        _PATH,
        change,
        scope=WRITE,
        writes=True,
        prepare=wanted,
        summary="Change how many processes of some types there are",
    ),
)
