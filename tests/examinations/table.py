"""The cases: every route of every product, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import pytest
from tests.conftest import START
from tests.examinations.desk_exhibit import ON_ONE_PATH, ON_PATHS
from tests.examinations.exhibit import Exhibit

from harbor.kernel.clock import ManualClock
from harbor.kernel.http.product import Product
from harbor.kernel.http.routes import Route


def _exhibits() -> list[Exhibit]:
    found = [ON_PATHS, ON_ONE_PATH]
    # The suite stays green without one of these products.
    if find_spec("harbor.products.harbor_events") is not None:
        from tests.examinations.harbor_exhibit import HARBOR

        found.append(HARBOR)
    if find_spec("harbor.products.harbour_agreements") is not None:
        from tests.examinations.harbour_exhibit import HARBOUR

        found.append(HARBOUR)
    return found


EXHIBITS = {exhibit.name: exhibit for exhibit in _exhibits()}
_PRODUCTS = {name: exhibit.product(ManualClock(START)) for name, exhibit in EXHIBITS.items()}
Which = Callable[[Exhibit, Product, Route], bool]


def every_route(which: Which = lambda _exhibit, _product, _route: True) -> pytest.MarkDecorator:
    """Runs a test for each route that `which` chooses, on both engines, with the fixture `subject`."""
    cases = [
        pytest.param((engine, name, route), id=f"{engine}-{name}-{route.name}")
        for engine in ("sqlite", "postgres")
        for name, exhibit in EXHIBITS.items()
        for route in _PRODUCTS[name].routes
        if which(exhibit, _PRODUCTS[name], route)
    ]
    return pytest.mark.parametrize("subject", cases, indirect=True)


def scopes_of(product: Product) -> set[str]:
    """Every scope that a product's table names."""
    return {scope for route in product.routes for scope in route.scopes}


def product_of(name: str) -> Product:
    """The product of an exhibit."""
    return _PRODUCTS[name]
