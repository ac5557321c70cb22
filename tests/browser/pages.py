"""Every page of the console, from its table of routes, and objects to fill the table's paths with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from playwright.async_api import APIRequestContext, BrowserContext
from tests.browser.console import Console
from tests.receiver import Receiver

from harbor.app import SECTIONS
from harbor.console.cookies import form_token
from harbor.console.product import console_product
from harbor.kernel.http.routes import Route
from harbor.kernel.storage.database import Database

# These lead on to pages that are on the list themselves, or are answered only on the way through a form.
_LEAD_ON = frozenset({"console.home", "harbor.start", "second_step.ask"})
_TABLE = console_product(cast(Database, None), SECTIONS, version="0.0.0").routes
PAGES: tuple[Route, ...] = tuple(
    route for route in _TABLE if route.method == "GET" and not route.raw and route.name not in _LEAD_ON
)
OPERATION = {"api": "harbor", "operation": "events.create"}


@dataclass(frozen=True, slots=True)
class Objects:
    """One object for each parameter of a path."""

    parameters: Mapping[str, str]
    tokens: Mapping[str, str]  # of the routes whose path has a token

    def path_of(self, route: Route) -> str:
        """The address of a page about these objects."""
        token = self.tokens.get(route.name, "")
        return "/console" + route.path.format_map({**self.parameters, **OPERATION, "token": token})


async def make_objects(console: Console, receiver: Receiver) -> Objects:
    """Something of everything in the sandbox's default workspace: by the API what it can, else by the console's forms."""
    request, sandbox = console.page.context.request, console.made["harbor"]["sandbox"]
    api = _Api(request, {"Authorization": f"Bearer {sandbox['secret_key']}"})
    here = {"workspace_id": sandbox["workspace_id"]}
    webhook = await api.post(
        "/v1/webhooks",
        {**here, "url": receiver.url("/objects"), "events": ["order.*"], "description": "Warehouse", "filter": {"n": 1}},
    )
    await api.put("/v1/event_types/order.shipped", {**here, "description": "It left us.", "example": {"n": 1}})
    event = await api.post("/v1/events", {**here, "type": "order.shipped", "payload": {"n": 1, "carrier": "dhl"}})
    await receiver.until(lambda heard: bool(heard.at("/objects")))
    delivery = receiver.at("/objects")[0].headers["harbor-delivery-id"]
    job = await api.post("/v1/deliveries/replay", {**here, "webhook_id": webhook["id"]})
    admin = _Api(request, {"Authorization": f"Bearer {console.made['harbor']['admin_key']}"})
    key = await admin.post(f"/admin/v1/workspaces/{here['workspace_id']}/api_keys", {"name": "Warehouse"})
    console_forms = await Forms.of(console)
    tokens, person = await _links(console_forms)
    request_id = await console_forms.find(console.path("logs"), r"/logs/(req_[0-9a-z]+)")
    parameters = {
        "environment": "sandbox",
        **here,
        "webhook_id": webhook["id"],
        "event_id": event["id"],
        "delivery_id": delivery,
        "job_id": job["job_id"],
        "key_id": key["id"],
        "request_id": request_id,
        "name": "order.shipped",
        "person_id": person,
    }
    return Objects(parameters, tokens)


async def _links(forms: Forms) -> tuple[dict[str, str], str]:
    joining, person = await _invite(forms, "grace@example.com")
    password = "a few good words"  # noqa: S105
    await _join(forms, joining, name="Grace Hopper", password=password, again=password)
    page = await forms.post(f"/console/people/{person}/reset-link")
    still_open, _ = await _invite(forms, "alan@example.com")
    return {"sign_in.join.ask": still_open, "sign_in.reset.ask": _found(r"/reset/([\w.-]+)", page)}, person


async def _join(forms: Forms, token: str, **fields: str) -> None:
    # In another browser: who joins is signed in, and the session that was there before ends.
    assert forms.context.browser is not None
    apart = await forms.context.browser.new_context()
    reply = await apart.request.post(f"{forms.url}/console/join/{token}", form=fields)
    assert reply.ok, (reply.status, await reply.text())
    await apart.close()


async def _invite(forms: Forms, email: str) -> tuple[str, str]:
    page = await forms.post("/console/people/invite", email=email, name=email, role="member")
    return _found(r"/join/([\w.-]+)", page), _found(r"/people/((?!invite)\w+_\w+)", page)


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, (pattern, text[:2_000])
    return found[1]


@dataclass(frozen=True, slots=True)
class _Api:
    request: APIRequestContext
    headers: dict[str, str]

    async def post(self, path: str, body: object) -> Any:
        reply = await self.request.post(path, data=body, headers=self.headers)
        assert reply.ok, await reply.text()
        return await reply.json()

    async def put(self, path: str, body: object) -> Any:
        reply = await self.request.put(path, data=body, headers=self.headers)
        assert reply.ok, await reply.text()
        return await reply.json()


@dataclass(frozen=True, slots=True)
class Forms:
    """The console's forms without their pages, sent with the cookies of a browser."""

    context: BrowserContext
    url: str
    token: str

    @classmethod
    async def of(cls, console: Console) -> Forms:
        """In the session of a browser."""
        cookies = await console.page.context.cookies()
        secret = next(cookie["value"] for cookie in cookies if cookie["name"] == "harbor_session")
        return cls(console.page.context, console.server.url, form_token(secret))

    async def post(self, path: str, **fields: str) -> str:
        """The page that a form leads to."""
        reply = await self.context.request.post(path, form={"_token": self.token, **fields})
        assert reply.ok, (reply.status, await reply.text())
        return await reply.text()

    async def find(self, path: str, pattern: str) -> str:
        """What a page has in it; the page is asked for again until it has."""
        while True:
            reply = await self.context.request.get(path)
            assert reply.ok, (reply.status, await reply.text())
            if (found := re.search(pattern, await reply.text())) is not None:
                return found[1]
