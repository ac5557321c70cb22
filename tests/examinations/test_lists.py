"""Lists: walking the pages gives every item once, and the last page says that it is the last."""

from __future__ import annotations

from typing import Any

import pytest
from tests.examinations.exhibit import Tenant
from tests.examinations.subject import Asked, Subject
from tests.examinations.table import every_route, product_of
from tests.harness import Client, Reply

from harbor.kernel.errors import Invalid
from harbor.kernel.http.pagestyles import Cursor, Numbered
from harbor.kernel.http.routes import Route, bind

pytestmark = pytest.mark.asyncio(loop_scope="module")
_PAGES_MAX = 50


def _has_orders(route: Route) -> bool:
    query = bind(route, frozenset()).query_type
    return query is not None and "order" in query.__struct_fields__


@every_route(lambda exhibit, product, route: route.paged)
async def test_walking_the_pages_gives_every_item_once(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)
    asked = await _filled(subject, tenant, client)
    whole, *rest = await _walk(subject, client, asked, size=50)

    assert rest == []
    assert len(whole) >= 3
    for size in (1, 2):
        pages = await _walk(subject, client, asked, size=size)
        assert [item for page in pages for item in page] == whole
        assert {len(page) for page in pages[:-1]} <= {size}


@every_route(lambda exhibit, product, route: route.paged and _has_orders(route))
async def test_the_other_order_is_the_same_list_backwards(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)
    asked = await _filled(subject, tenant, client)

    down = await _walk(subject, client, asked.with_query(order="desc"), size=2)
    up = await _walk(subject, client, asked.with_query(order="asc"), size=2)

    assert [item for page in up for item in page] == [item for page in down for item in page][::-1]


@every_route(lambda exhibit, product, route: route.paged)
async def test_a_page_that_cannot_be_is_refused(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)
    asked = await subject.asked(tenant)
    style = product_of(subject.exhibit.name).dialect.page
    size = style.size_parameter if isinstance(style, Numbered) else "limit"
    numbers = {"page": "0"} if isinstance(style, Numbered) else {"starting_after": ""}

    for wrong in ({size: "0"}, {size: "-1"}, {size: "many"}, {size: "100000"}, numbers):
        reply = await subject.ask(client, asked.with_query(**wrong))

        assert reply.status == subject.status(Invalid("")), (wrong, reply.body)


async def _filled(subject: Subject, tenant: Tenant, client: Client) -> Asked:
    """A request for a list with at least three items: put there by the exhibit, or by the slice's own route."""
    asked = await subject.asked(tenant)
    fill = subject.exhibit.fills.get(subject.route.name)
    for _ in range(3):
        if fill is not None:
            await subject.write(tenant, lambda call: fill(call, tenant, asked.params))
        else:
            await _create(subject, tenant, client, asked)
    return asked


async def _create(subject: Subject, tenant: Tenant, client: Client, listed: Asked) -> None:
    name = f"{subject.route.name.rpartition('.')[0]}.create"
    routes = {route.name: route for route in product_of(subject.exhibit.name).routes}
    assert name in routes, f"{subject.route.name}: say in the exhibit's `fills` how its items come about"
    creating = Subject(subject.exhibit, subject.house, subject.receiver, routes[name])
    asked = await creating.asked(tenant)
    shared = {name: value for name, value in listed.params.items() if name in asked.params}
    reply = await creating.ask(client, Asked({**asked.params, **shared}, asked.query, asked.body))
    assert reply.status < 300, reply.body


async def _walk(subject: Subject, client: Client, asked: Asked, *, size: int) -> list[list[Any]]:
    """The items of each page, from the first to the one that says it is the last."""
    style = product_of(subject.exhibit.name).dialect.page
    assert isinstance(style, Cursor | Numbered)
    # A walk may ask more often than a minute allows.
    subject.house.clock.advance(61)
    pages: list[list[Any]] = []
    more: dict[str, object] = {"limit": size} if isinstance(style, Cursor) else {style.size_parameter: size}
    while len(pages) < _PAGES_MAX:
        reply = await subject.ask(client, asked.with_query(**more))
        assert reply.status == 200, reply.body
        if isinstance(style, Cursor):
            found = reply.json()
            pages.append(found["data"])
            if not found["has_more"]:
                return pages
            last = found["data"][-1]
            assert found["end_cursor"] == last.get("id", last.get("name"))
            more[style.after] = found["end_cursor"]
        else:
            pages.append(_items(reply, subject.route.key))
            if len(pages) >= reply.json()["pages"]:
                assert sum(map(len, pages)) == reply.json()["total"]
                return pages
            more["page"] = len(pages) + 1
    raise AssertionError(f"more than {_PAGES_MAX} pages")


def _items(reply: Reply, key: str | None) -> list[Any]:
    found: list[Any] = reply.json()[key or "items"]
    return found
