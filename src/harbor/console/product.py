"""The console as it is mounted: a product whose objects are pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harbor.console import account, assets, explorer, gallery, people, sign_in, system, welcome
from harbor.console.dialect import console_dialect
from harbor.console.rendering import Renderer
from harbor.kernel.http.page import Section
from harbor.kernel.http.product import Product
from harbor.kernel.http.routes import Route
from harbor.kernel.storage.database import Database


def console_product(database: Database, sections: Sequence[Section], *, version: str) -> Product:
    """The console with the products' sections, in the order of the navigation."""
    sections = (*sections, explorer.SECTION, people.SECTION, system.SECTION, account.SECTION, welcome.SECTION)
    renderer = Renderer(sections, account_links=account.LINKS, operators_only=frozenset({system.SECTION.name}))
    routes = [route for section in sections for route in section.routes]
    return Product(
        name="console",
        title="Harbor console",
        description="Pages for people.",
        version=version,
        dialect=console_dialect(
            database, renderer, frozenset(scope for section in sections for scope in section.member_scopes)
        ),
        routes=[*assets.ROUTES, *(_shown(route, renderer) for route in (*sign_in.ROUTES, *gallery.ROUTES, *routes))],
    )


def _shown(route: Route, renderer: Renderer) -> Route:
    # A raw route reads its body itself, so nobody looks at the form's token.
    assert not route.raw or route.method == "GET", f"{route.name}: what changes something is a form"
    return route if route.raw else replace(route, show=renderer.show, is_hidden=True)
