"""Who may use a route: nobody without a key, nobody with the wrong one, and nobody for what is another's."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from tests.examinations.exhibit import Exhibit
from tests.examinations.subject import Asked, Subject
from tests.examinations.table import every_route, product_of, scopes_of

from harbor.kernel.errors import Denied, Limited, Missing, Unauthenticated
from harbor.kernel.http.product import Product
from harbor.kernel.http.routes import Route, bind

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _asks_for_a_caller(exhibit: Exhibit, product: Product, route: Route) -> bool:
    return route.auth == "caller"


def _names_an_object(exhibit: Exhibit, product: Product, route: Route) -> bool:
    """Whether a request names something that belongs to somebody: in its path, or as a workspace."""
    bound = bind(route, frozenset())
    return route.auth == "caller" and (
        bool(bound.path_params) or _has_workspace(bound.query_type) or _has_workspace(bound.body_type)
    )


def _names_an_object_in_a_workspace(exhibit: Exhibit, product: Product, route: Route) -> bool:
    is_open_to_workspaces = exhibit.has_workspaces and exhibit.caller(route) == "account"
    return is_open_to_workspaces and _names_an_object(exhibit, product, route)


def _has_workspace(type_: type[msgspec.Struct] | None) -> bool:
    return type_ is not None and "workspace_id" in type_.__struct_fields__


@every_route(_asks_for_a_caller)
async def test_without_a_key_or_with_an_unknown_one_a_request_is_refused(subject: Subject) -> None:
    tenant = await subject.tenant()
    asked = await subject.asked(tenant)
    good = dict((await subject.client(tenant)).headers)
    # The same form with one letter changed, so that only the look-up can tell.
    header, value = good.popitem()
    changed = value[:-2] + ("A" if value[-2] != "A" else "B") + value[-1]

    for headers in ({}, {header: ""}, {header: "Bearer"}, {header: "x"}, {header: changed}):
        reply = await subject.ask(subject.house.client(subject.exhibit.name, headers), asked)

        assert reply.status == subject.status(Unauthenticated("")), headers
        assert "www-authenticate" in reply.headers


@every_route(lambda exhibit, product, route: route.auth == "caller" and route.scope is not None)
async def test_a_key_without_the_scope_is_refused(subject: Subject) -> None:
    tenant = await subject.tenant()
    asked = await subject.asked(tenant)
    others = sorted(scopes_of(product_of(subject.exhibit.name)) - set(subject.route.scopes))

    for scopes in ([], others):
        reply = await subject.ask(await subject.client(tenant, caller="account", scopes=scopes), asked)

        assert reply.status == subject.status(Denied("")), scopes


@every_route(lambda exhibit, product, route: route.auth == "caller" and route.scope is not None)
async def test_each_of_the_scopes_is_enough(subject: Subject) -> None:
    tenant = await subject.tenant()

    for scope in subject.route.scopes:
        asked = await subject.asked(tenant)
        reply = await subject.ask(await subject.client(tenant, caller="account", scopes=[scope]), asked)

        assert 200 <= reply.status < 300, (scope, reply.body)


@every_route(_names_an_object)
async def test_what_belongs_to_another_account_is_missing(subject: Subject) -> None:
    owner, stranger = await subject.tenant(), await subject.tenant()
    asked = await subject.asked(owner)

    reply = await subject.ask(await subject.client(stranger), asked)

    assert reply.status == subject.status(Missing("")), reply.body


@every_route(lambda exhibit, product, route: route.auth == "caller" and bool(bind(route, frozenset()).path_params))
async def test_what_is_anothers_is_as_missing_as_what_never_was(subject: Subject) -> None:
    owner, stranger = await subject.tenant(), await subject.tenant()
    client = await subject.client(stranger)
    anothers = await subject.asked(stranger, await subject.objects(owner))
    never = replace(anothers, params={name: _never_was(value) for name, value in anothers.params.items()})

    one, other = await subject.ask(client, anothers), await subject.ask(client, never)

    if subject.route.method == "PUT" and one.status < 300:  # whoever puts a name of his own makes it
        assert other.status == one.status
        return
    assert (one.status, _without_ids(one.body, anothers)) == (other.status, _without_ids(other.body, never))
    assert one.status == subject.status(Missing(""))


@every_route(_names_an_object_in_a_workspace)
async def test_what_lies_in_another_workspace_is_missing_for_a_key_of_one(subject: Subject) -> None:
    tenant = await subject.tenant()
    asked = await subject.asked(tenant)
    neighbour = await subject.client(replace(tenant, workspace=tenant.neighbour), caller="workspace")

    reply = await subject.ask(neighbour, asked)

    assert reply.status == subject.status(Missing("")), reply.body


@every_route(_names_an_object_in_a_workspace)
async def test_what_lies_in_its_own_workspace_is_there_for_a_key_of_one(subject: Subject) -> None:
    tenant = await subject.tenant()

    reply = await subject.ask(await subject.client(tenant, caller="workspace"), await subject.asked(tenant))

    assert 200 <= reply.status < 300, reply.body


@every_route(_asks_for_a_caller)
async def test_over_the_limit_a_request_waits_and_is_told_how_long(subject: Subject) -> None:
    tenant = await subject.tenant()
    asked = await subject.asked(tenant)
    client = await subject.client(tenant, caller="account")
    dialect = product_of(subject.exhibit.name).dialect
    seen = subject.request(client.address)
    seen.scope = {**seen.scope, "headers": [(b"authorization", client.headers["Authorization"].encode())]}
    principal = await dialect.authenticate(seen, subject.house.services.callers.find)
    limiter, now = subject.house.services.limiter, subject.house.clock.now()
    buckets = dialect.limit(seen, principal)
    assert buckets, "the exhibit's callers have a limit"
    for bucket, rule in buckets:
        await limiter.take_up_to(bucket, rule, now, rule.at_once_max)

    reply = await subject.ask(client, asked)

    assert reply.status == subject.status(Limited("", retry_after_s=1))
    assert int(reply.headers["retry-after"]) >= 1
    verdict = await limiter.take(*buckets[0], now)
    assert {name.lower() for name in dialect.limit_headers(verdict)} <= set(reply.headers)


def _never_was(value: str) -> str:
    """A value of the same form that names nothing."""
    last = "1" if value[-1] != "1" else "2"
    return value[:-1] + last if not value.isdigit() else "9" * 9


def _without_ids(body: bytes, asked: Asked) -> object:
    text = body.decode()
    for value in asked.params.values():
        text = text.replace(value, "ID")
    found = msgspec.json.decode(text)
    if isinstance(found, dict) and isinstance(found.get("error"), dict):
        found["error"].pop("request_id", None)
    return found
