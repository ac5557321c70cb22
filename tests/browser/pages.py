"""Every page of the console, from its table of routes, and objects to fill the table's paths with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from playwright.async_api import APIRequestContext
from tests.browser.console import Console
from tests.browser.forms import Forms, found, invite, join
from tests.receiver import Receiver

from harbor.app import SECTIONS
from harbor.console.product import console_product
from harbor.kernel.http.routes import Route
from harbor.kernel.storage.database import Database

# These lead on to pages that are on the list themselves, or are answered only on the way through a form.
_LEAD_ON = frozenset({"console.home", "harbor.start", "second_step.ask"})
# What test_tables_journey.py, test_time_journey.py and test_harbour_journey.py look at on their way, with things on them that they have made.
_ON_A_WAY = ("harper.", "harvest.", "harbour.")
_TABLE = console_product(cast(Database, None), SECTIONS, version="0.0.0").routes
PAGES: tuple[Route, ...] = tuple(
    route
    for route in _TABLE
    if route.method == "GET" and not route.raw and route.name not in _LEAD_ON and not route.name.startswith(_ON_A_WAY)
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
        {
            **here,
            "url": receiver.url("/objects"),
            "events": ["order.*"],
            "description": "Warehouse",
            "filter": {"n": 1},
        },
    )
    await api.put("/v1/event_types/order.shipped", {**here, "description": "It left us.", "example": {"n": 1}})
    event = await api.post("/v1/events", {**here, "type": "order.shipped", "payload": {"n": 1, "carrier": "dhl"}})
    await receiver.until(lambda heard: bool(heard.at("/objects")))
    delivery = receiver.at("/objects")[0].headers["harbor-delivery-id"]
    job = await api.post("/v1/deliveries/replay", {**here, "webhook_id": webhook["id"]})
    admin = _Api(request, {"Authorization": f"Bearer {console.made['harbor']['admin_key']}"})
    key = await admin.post(f"/admin/v1/workspaces/{here['workspace_id']}/api_keys", {"name": "Warehouse"})
    forms = await Forms.of(console)
    person = await join(forms, "Grace Hopper")
    tokens = {
        "sign_in.join.ask": (await invite(forms, "Alan Turing")).token,
        "sign_in.reset.ask": found(r"/reset/([\w.-]+)", await forms.post(f"/console/people/{person.id}/reset-link")),
    }
    request_id = await forms.find(console.path("logs"), r"/logs/(req_[0-9a-z]+)")
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
        "person_id": person.id,
    }
    return Objects(parameters, tokens)


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
