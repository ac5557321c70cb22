"""A request that is sent again with its key is answered again, and done once."""

from __future__ import annotations

import pytest
from tests.examinations.exhibit import Exhibit
from tests.examinations.subject import Subject
from tests.examinations.table import every_route, product_of

from harbor.kernel.errors import Conflict, Invalid
from harbor.kernel.http.product import Product
from harbor.kernel.http.routes import Route, bind

pytestmark = pytest.mark.asyncio(loop_scope="module")
_KEY = {"Idempotency-Key": "once-and-only-once"}


def _is_done_once(exhibit: Exhibit, product: Product, route: Route) -> bool:
    # What deletes its object finds it missing the second time, before it looks for the key.
    is_post = route.method == "POST" or (exhibit.one_path is not None and route.method != "DELETE")
    return product.dialect.allows_idempotency and is_post and (route.writes or route.journey)


def _can_be_refused(exhibit: Exhibit, product: Product, route: Route) -> bool:
    has_body = bind(route, frozenset()).body_type is not None
    return _is_done_once(exhibit, product, route) and (product.dialect.refuses_unknown or has_body)


def _is_read_by_post(exhibit: Exhibit, product: Product, route: Route) -> bool:
    is_post = route.method == "POST" or exhibit.one_path is not None
    return product.dialect.allows_idempotency and is_post and not (route.writes or route.journey)


@every_route(_is_done_once)
async def test_a_repeated_key_gets_the_same_bytes(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)
    asked = await subject.asked(tenant)

    first = await subject.ask(client, asked, headers=_KEY)
    again = await subject.ask(client, asked, headers=_KEY)

    assert "idempotent-replayed" not in first.headers
    if first.status >= 300:  # refusals are not kept: what was wrong may be right by then
        assert again.status == first.status
        assert "idempotent-replayed" not in again.headers
        return
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers.get("location") == first.headers.get("location")


@every_route(_is_done_once)
async def test_the_key_with_another_body_is_a_conflict(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)
    asked = await subject.asked(tenant)
    first = await subject.ask(client, asked, headers=_KEY)

    changed = await subject.ask(client, asked.with_body(changed=1), headers=_KEY)

    assert first.status < 300, first.body
    assert changed.status == subject.status(Conflict("", code="idempotency_conflict"))


@every_route(_is_done_once)
async def test_the_key_of_another_account_is_another_key(subject: Subject) -> None:
    one, other = await subject.tenant(), await subject.tenant()
    for tenant in (one, other):
        reply = await subject.ask(await subject.client(tenant), await subject.asked(tenant), headers=_KEY)

        assert reply.status < 300, reply.body
        assert "idempotent-replayed" not in reply.headers


@every_route(_is_done_once)
async def test_a_key_that_is_no_key_is_refused(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)
    asked = await subject.asked(tenant)

    for key in ("", "with a blank", "x" * 256, "\xe9"):
        reply = await subject.ask(client, asked, headers={"Idempotency-Key": key})

        assert reply.status == subject.status(Invalid("")), key


@every_route(_can_be_refused)
async def test_a_refused_request_leaves_its_key_free(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)
    asked = await subject.asked(tenant)
    if product_of(subject.exhibit.name).dialect.refuses_unknown:
        refused = await subject.ask(client, asked.with_query(no_such_parameter="1"), headers=_KEY)
    else:
        refused = await subject.ask(client, asked, headers=_KEY, body=b"[]")

    done = await subject.ask(client, asked, headers=_KEY)

    assert refused.status == subject.status(Invalid(""))
    assert done.status < 300, done.body
    assert "idempotent-replayed" not in done.headers


@every_route(_is_read_by_post)
async def test_a_read_pays_no_attention_to_a_key(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)
    asked = await subject.asked(tenant)

    for _ in range(2):
        reply = await subject.ask(client, asked, headers=_KEY)

        assert 200 <= reply.status < 300, reply.body
        assert "idempotent-replayed" not in reply.headers
