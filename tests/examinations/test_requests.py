"""What every route does with a request that is right, and with one whose form is not."""

from __future__ import annotations

import pytest
from tests.examinations.subject import BODY_METHODS, Subject
from tests.examinations.table import every_route, product_of

from harbor.kernel.bounds import JSON_DEPTH_MAX
from harbor.kernel.errors import Conflict, Invalid, Unsupported

pytestmark = pytest.mark.asyncio(loop_scope="module")

_TOO_DEEP = b'{"a":' * (JSON_DEPTH_MAX + 1) + b"1" + b"}" * (JSON_DEPTH_MAX + 1)
MALFORMED = {
    "not closed": b'{"a": 1',
    "no JSON at all": b"name=value",
    "a key twice": b'{"a": 1, "a": 2}',
    "a key twice, written with escapes": b'{"a": 1, "\\u0061": 2}',
    "U+0000": b'{"a": "\\u0000"}',
    "a lone surrogate": b'{"a": "\\ud800"}',
    "a lone surrogate in a key": b'{"\\udfff": 1}',
    "no UTF-8": b'{"a": "\xff"}',
    "NaN": b'{"a": NaN}',
    "65 levels": _TOO_DEEP,
    "65 levels of lists": b"[" * (JSON_DEPTH_MAX + 1) + b"]" * (JSON_DEPTH_MAX + 1),
    "100,000 levels": b"[" * 100_000 + b"]" * 100_000,
}


@every_route()
async def test_a_well_formed_request_succeeds(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)

    reply = await subject.ask(client, await subject.asked(tenant))

    # A new route whose object must first be brought into a state of its own may say so.
    assert 200 <= reply.status < 300 or reply.status == subject.status(Conflict("")), reply.body
    if reply.body and not subject.route.raw:
        reply.json()


@every_route(lambda exhibit, _product, route: exhibit.one_path is None and route.method == "GET")
async def test_head_is_answered_like_get(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)

    reply = await subject.ask(client, await subject.asked(tenant), method="HEAD")

    assert 200 <= reply.status < 300, reply.body


@every_route()
async def test_an_unknown_query_parameter_is_refused_or_ignored_as_the_dialect_says(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)
    asked = await subject.asked(tenant)

    reply = await subject.ask(client, asked.with_query(no_such_parameter="1"))

    if product_of(subject.exhibit.name).dialect.refuses_unknown:
        assert reply.status == subject.status(Invalid(""))
        assert b"no_such_parameter" in reply.body
    else:
        assert 200 <= reply.status < 300, reply.body


@every_route(
    lambda exhibit, _product, route: not route.raw and (route.method in BODY_METHODS or bool(exhibit.one_path))
)
async def test_an_unknown_body_field_is_refused_or_ignored_as_the_dialect_says(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)
    asked = await subject.asked(tenant)

    reply = await subject.ask(client, asked.with_body(no_such_field=1))

    if product_of(subject.exhibit.name).dialect.refuses_unknown:
        assert reply.status == subject.status(Invalid("")), reply.body
        assert b"no_such_field" in reply.body or subject.bound.body_type is None
    else:
        assert 200 <= reply.status < 300, reply.body


@every_route(lambda exhibit, _product, route: exhibit.one_path is None)
async def test_another_method_is_told_the_ones_that_are_possible(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)
    asked = await subject.asked(tenant)
    routes = product_of(subject.exhibit.name).routes
    possible = {route.method for route in routes if route.path == subject.route.path}
    possible |= {"HEAD"} if "GET" in possible else set()

    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - possible:
        reply = await subject.ask(client, asked, method=method)

        assert reply.status == subject.status(Unsupported("", code="method_not_allowed")), method
        assert set(reply.headers["allow"].split(", ")) == possible


@every_route(
    lambda exhibit, _product, route: not route.raw and (route.method in BODY_METHODS or bool(exhibit.one_path))
)
async def test_a_body_that_is_not_json_of_one_meaning_is_refused(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)
    asked = await subject.asked(tenant)

    said = {name: (await subject.ask(client, asked, body=body)).status for name, body in MALFORMED.items()}

    assert said == dict.fromkeys(MALFORMED, subject.status(Invalid("", code="invalid_json")))


@every_route(
    lambda exhibit, _product, route: not route.raw and (route.method in BODY_METHODS or bool(exhibit.one_path))
)
async def test_a_body_of_another_media_type_is_refused(subject: Subject) -> None:
    tenant = await subject.tenant()
    client = await subject.client(tenant)
    asked = (await subject.asked(tenant)).with_body()

    for media_type in ("text/plain", "application/x-www-form-urlencoded"):
        assert not product_of(subject.exhibit.name).dialect.accepts_media_type(media_type)

        reply = await subject.ask(client, asked if asked.body else asked.with_body(a=1), media_type=media_type)

        assert reply.status == subject.status(Unsupported("", code="unsupported_media_type")), reply.body
