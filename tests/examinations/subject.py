"""One route under examination, and the requests that are built from what its table says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any
from urllib.parse import quote, urlencode

from tests.examinations.examples import body_of
from tests.examinations.exhibit import Caller, Exhibit, Make, Tenant
from tests.factories import make_workspace
from tests.harness import Client, House, Reply
from tests.receiver import Receiver

from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError
from harbor.kernel.http.request import Mount, Request
from harbor.kernel.http.routes import Bound, Route

BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is not sent yet: path parameters, query and body by name."""

    params: Mapping[str, str]
    query: Mapping[str, object]
    body: Mapping[str, Any] | None

    def with_query(self, **more: object) -> Asked:
        """The same with more parameters."""
        return replace(self, query={**self.query, **more})

    def with_body(self, **more: object) -> Asked:
        """The same with more fields."""
        return replace(self, body={**(self.body or {}), **more})


@dataclass(frozen=True)
class Subject:
    """A route of a product in a running house. Every tenant it makes is new, so tests do not meet."""

    exhibit: Exhibit
    house: House
    receiver: Receiver
    route: Route

    @cached_property
    def bound(self) -> Bound:
        """The route with its types."""
        return self.house.pipelines[self.exhibit.name].routes[self.route.name]

    @property
    def sends_body(self) -> bool:
        """Whether its requests have a body on the wire."""
        return self.exhibit.one_path is not None or self.route.method in BODY_METHODS

    async def tenant(self) -> Tenant:
        """A new organization; the account that counts is its sandbox."""
        is_operator = self.exhibit.caller(self.route) == "root"
        organization = await self.house.organization(is_operator=is_operator)
        url = self.receiver.url(f"/{organization.id}")

        def settle(call: Call) -> Tenant:
            return Tenant(organization, make_workspace(call), make_workspace(call, name="Next door"), url)

        return await self.house.write(organization.sandbox, settle)

    async def write(self, tenant: Tenant, act: Callable[[Call], Any]) -> Any:
        """Do something in the tenant's account."""
        return await self.house.write(tenant.organization.sandbox, act)

    async def client(self, tenant: Tenant, *, caller: Caller | None = None, scopes: list[str] | None = None) -> Client:
        """A client with a new key of a tenant; without more it is one that may use this route."""
        who = caller or self.exhibit.caller(self.route)
        key = await self.write(tenant, lambda call: self.exhibit.key(call, who, tenant, scopes))
        return self.house.client(self.exhibit.name, self.exhibit.headers(key.secret))

    async def asked(self, tenant: Tenant, params: Mapping[str, str] | None = None) -> Asked:
        """A well-formed request about objects of a tenant, made for it unless `params` names others."""
        known = {name: partial(value, tenant) for name, value in self.exhibit.fields.items()}
        query = body_of(self.bound.query_type, known) if self.bound.query_type else {}
        body = body_of(self.bound.body_type, known) if self.bound.body_type else None
        if before := self.exhibit.before.get(self.route.name):
            await self.write(tenant, before)
        return Asked(await self.objects(tenant) if params is None else params, query, body)

    async def objects(self, tenant: Tenant) -> dict[str, str]:
        """New objects of a tenant, one for each parameter of the path."""
        params = {}
        for name in sorted(self.bound.path_params):
            make = self.exhibit.arranged.get(self.route.name) or self.exhibit.things.get(name)
            assert make is not None, f"{self.route.path}: say in the exhibit's `things` how a {name} comes about"
            params[name] = await self.write(tenant, partial(_made, make, tenant))
        return params

    async def ask(self, client: Client, asked: Asked, *, method: str | None = None, **more: Any) -> Reply:
        """The reply to a request."""
        body = dict(asked.body or {})
        target = self.route.path
        if self.exhibit.one_path is not None:
            target, body = "/", {self.exhibit.one_path: self.route.name, **asked.params, **body}
        for name, value in asked.params.items():
            target = target.replace("{" + name + "}", quote(value, safe=""))
        if asked.query:
            target += "?" + urlencode(asked.query)
        if self.sends_body and (body or asked.body is not None) and "body" not in more:
            more["json"] = body
        return await client.request(method or self._method, target, **more)

    @property
    def _method(self) -> str:
        return "POST" if self.exhibit.one_path is not None else self.route.method

    def status(self, error: HarborError) -> int:
        """The status that the dialect gives an error."""
        return self.house.pipelines[self.exhibit.name].product.dialect.error(error, self.request()).status

    def request(self, address: str = "192.0.2.1") -> Request:
        """A request to this route as a dialect sees it."""
        scope = {"method": self._method, "headers": [], "query_string": b"", "client": (address, 1)}
        return Request(scope, self.route.path, Mount(), "req_examination")


def _made(make: Make, tenant: Tenant, call: Call) -> str:
    return make(call, tenant)
