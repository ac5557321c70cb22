"""Everything on one path: `{"operation": "parcels.retrieve", "parcel_id": "7"}`."""

from __future__ import annotations

from tests.kernel.sample_product.api import ROUTES

from harbor.kernel import strict
from harbor.kernel.errors import Invalid, Missing
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Route

_BY_NAME = {route.name: route for route in ROUTES}


def find_operation(request: Request, raw: bytes) -> Route:
    """The route that the body names; what stands in a path elsewhere stands in the body here."""
    value = strict.check(raw)
    name = value.get("operation") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(name, str):
        raise Invalid("Say which operation: the body is an object with the field operation.", field="operation")
    route = _BY_NAME.get(name)
    if route is None:
        raise Missing(f"There is no operation {name}.", code="route_not_found")
    for part in route.path.split("/"):
        if part.startswith("{"):
            request.params[part[1:-1]] = str(value.get(part[1:-1], ""))
    return route
