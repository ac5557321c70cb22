"""The running API keeps to its OpenAPI document, whatever Schemathesis thinks of.

Every operation is called in memory with examples, with the edges of every declared bound, with random and with broken
input, and in sequences that use what earlier replies gave; all of Schemathesis's checks are on. An organization's key
calls. Measured: 3,000 requests in 25 s on two cores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
import schemathesis
from schemathesis.engine import events as happenings
from schemathesis.engine import from_schema
from schemathesis.python.asgi import get_client, shutdown_lifespans
from tests.examinations.exhibit import Tenant
from tests.examinations.harbor_exhibit import HARBOR
from tests.factories import Organization, make_key, make_workspace
from tests.harness import open_house

from harbor.app import areas
from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.http.openapi import document, encode
from harbor.kernel.http.pipeline import Pipeline
from harbor.kernel.http.request import Mount
from harbor.kernel.outbound import OutboundClient, OutboundPolicy
from harbor.kernel.ratelimit.rules import Rule
from harbor.kernel.storage.migrate import migrate
from harbor.kernel.storage.sqlite import SqliteDatabase
from harbor.kernel.webhooks.dispatch.send import send
from harbor.products.harbor_events.limits import Limits
from harbor.products.harbor_events.product import harbor_product

# Thousands of requests come from one address within seconds.
PRODUCT = harbor_product(Limits(production=None, sandbox=None, refusals=Rule(quota=1_000_000, window_s=60)), lambda: 0)
EXAMPLES_MAX = 5
THINGS = 40
# Only the operator may, or only the root key; ours is neither, and its refusals are looked at all the same.
OPERATION_OF_THE_MACHINE = {
    "GET /admin/v1/clock",
    "POST /admin/v1/clock/advance",
    "GET /admin/v1/instance",
    "GET /admin/v1/key_rotation",
    "POST /admin/v1/key_rotation",
    "POST /admin/v1/backup",
}
# What is refused although its schema allows it, by the parameter that the refusal names: rules no schema can say.
BEYOND_A_SCHEMA: Mapping[str, str] = {
    "starting_after": "it names an item of this very list",
    "Last-Event-ID": "it names an event of this workspace",
    "created_after|created_before": "the calendar goes from 1970 to 9999",
    "since|until|expires_at": "it lies within days that depend on today",
    "environment": "an organization's key has one of its own",
    "workspace_id": "only a key of a whole organization has to name it",
    r"url": "where it leads is looked at",
    r"filter(\..*)?": "operators are checked against their operands",
    r"secret": "the part after its prefix is base64",
    r"headers(\..*)?|metadata(\..*)?": "names and values have bounds of their own",
    r"(events\.\d+\.)?type(\.\d+)?|events\.\d+|events|name|event_type": "some words are kept for the platform's events",
    r"scopes|rate_limit|allowed_cidrs(\..*)?": "the words of a key are checked one by one",
    r"events\.\d+\.idempotency_key": "a key that was used elsewhere",
}
_NAMES_A_RULE = re.compile("|".join(BEYOND_A_SCHEMA))
# JSON Schema takes 1.0 for an integer; we do not.
_FRACTION = re.compile(r" must be an integer(?: or null)?, not a number\.$")


class InMemory:
    """The product as an ASGI application around a database of its own, with things to be found."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open = AsyncExitStack()
        self._spare: dict[str, str] = {}
        self.ids: dict[str, list[str]] = {}
        self.secret = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Start, answer or end."""
        if scope["type"] == "http":
            await self._pipeline(scope, receive, send, self._spared(scope["path"]), Mount())
            return
        await receive()
        await self._start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._open.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    def _spared(self, path: str) -> str:
        # A caller that ends its own key or closes its own workspace would hear nothing but refusals from then on.
        if path.startswith("/admin/"):
            for id_, other in self._spare.items():
                path = path.replace(id_, other)
        return path

    async def _start(self) -> None:
        clock = ManualClock(datetime(2026, 5, 25, 12, 0, tzinfo=UTC))
        database = SqliteDatabase(self._folder / "harbor.db", clock)
        await database.open()
        self._open.push_async_callback(database.close)
        await migrate(database, areas(database.engine))
        house = await self._open.enter_async_context(
            open_house(
                database,
                clock,
                self._folder,
                [PRODUCT],
                views=HARBOR.views,
                kinds=HARBOR.kinds,
                tools=partial(HARBOR.tools, self._folder),
            )
        )
        policy = OutboundPolicy(lookup=_no_names)
        client = OutboundClient(policy)
        self._open.push_async_callback(client.close)
        new_id = house.services.faculties.ids.next
        services = replace(
            house.services, outbound=policy, send_webhook=lambda prepared: send(client, prepared, new_id)
        )
        self._pipeline = Pipeline(PRODUCT, services)
        organization = await house.organization()
        await house.write(organization.sandbox, partial(self._furnish, organization))

    def _furnish(self, organization: Organization, call: Call) -> None:
        key, spare = make_key(call), [make_workspace(call) for _ in range(THINGS)]
        tenant = Tenant(organization, call.default_workspace(), spare[0], url="https://hooks.example.com/")
        made = {name: [make(call, tenant) for _ in range(THINGS)] for name, make in HARBOR.things.items()}
        self.ids = {
            **made,
            "workspace_id": [each.id for each in spare],
            "own_workspace_id": [tenant.workspace.id],
        }
        self.secret = key.secret
        self._spare = {tenant.workspace.id: spare[0].id, key.credential.id: made["key_id"][0]}


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InMemory]:
    """The product in memory. Its loop is the one that Schemathesis calls it from."""
    application = InMemory(tmp_path_factory.mktemp("schemathesis"))
    with get_client(application):
        yield application
    shutdown_lifespans()


@pytest.mark.slow
def test_the_api_keeps_to_its_document(application: InMemory) -> None:
    schema = schemathesis.openapi.from_dict(_with_examples_that_exist(application), config=_config(application))
    schema.app = application
    found: dict[str, str] = {}
    succeeded: set[str] = set()

    for event in from_schema(schema).execute():
        if isinstance(event, happenings.FatalError):
            raise event.exception
        if isinstance(event, happenings.NonFatalError):
            found[event.label] = str(event.value)
        elif isinstance(event, happenings.ScenarioFinished):
            found |= _failures(event)
            succeeded |= _succeeded(event)

    assert not found, "\n\n".join(f"{name}\n{how}" for name, how in found.items())
    assert {each.ok().label for each in schema.get_all_operations()} - succeeded == OPERATION_OF_THE_MACHINE


@schemathesis.check
def refusals_have_a_reason(_ctx: Any, response: Any, case: Any) -> None:
    """What the document allows is refused only for a rule that no schema can say, and the refusal names it."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 400:
        return
    error = msgspec.json.decode(response.content)["error"]
    is_known = _NAMES_A_RULE.fullmatch(error.get("param", "")) or _FRACTION.search(error["message"])
    assert is_known, f"refused for no reason that the document could not give: {error}"


def _with_examples_that_exist(application: InMemory) -> dict[str, Any]:
    # Most of what Schemathesis sends is built around the examples, and would end at a workspace that is not there.
    there = {ids[-1].partition("_")[0]: ids[-1] for ids in application.ids.values()}
    text = encode(document(PRODUCT, base_url="/")).decode()
    found = re.sub(r'(?<=")([a-z]+)_01j8[0-9a-z]{22}(?=")', lambda match: there.get(match[1], match[0]), text)
    return msgspec.json.decode(found, type=dict[str, Any])


def _config(application: InMemory) -> schemathesis.Config:
    bound = {f"path.{name}": name for name in HARBOR.things}
    bound |= {f"{place}.workspace_id": "own_workspace_id" for place in ("query", "body")}
    return schemathesis.Config.from_dict(
        {
            "seed": 1,
            "headers": {"Authorization": f"Bearer {application.secret}"},
            "continue-on-failure": True,
            "suppress-health-check": ["all"],
            "dictionaries": {name: {"values": values} for name, values in application.ids.items()},
            "parameters": {name: {"dictionary": values} for name, values in bound.items()},
            # U+0000 is refused wherever it stands, which no schema says.
            "generation": {"max-examples": EXAMPLES_MAX, "database": "none", "allow-x00": False},
            # What is beyond a schema is refused with 400; `refusals_have_a_reason` looks at these.
            "checks": {
                "positive_data_acceptance": {"expected-statuses": ["2xx", "400", "403", "404", "409"]},
            },
            # A stream does not end by itself.
            "operations": [{"include-operation-id": "events.stream", "request-timeout": 0.1}],
            "output": {"sanitization": {"enabled": False}},
        }
    )


def _failures(event: happenings.ScenarioFinished) -> dict[str, str]:
    return {
        f"{check.failure_info.failure.operation} {check.name}: {check.failure_info.failure.message}": (
            check.failure_info.code_sample
        )
        for checks in event.recorder.checks.values()
        for check in checks
        if check.failure_info is not None
    }


def _succeeded(event: happenings.ScenarioFinished) -> set[str]:
    return {
        event.recorder.cases[case_id].value.operation.label
        for case_id, interaction in event.recorder.interactions.items()
        if interaction.response is not None and interaction.response.status_code < 300
    }


async def _no_names(host: str) -> list[str]:
    raise OSError(f"{host} is not looked up in tests")
