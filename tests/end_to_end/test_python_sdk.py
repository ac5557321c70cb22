"""The Python SDK against a real server: one story for each part, told by both clients."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import pytest
from sdks.python.tests.blocking import BOTH, constructing
from sdks.python.tests.loopback import Answer, Loopback
from tests.end_to_end.server import Server

from harbor_sdk import (
    AuthenticationError,
    ErrorCode,
    Harbor,
    HarborError,
    IdempotencyConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    construct_webhook_event,
)
from harbor_sdk.core.decode import Model

T = TypeVar("T")

WAIT_S_MAX = 15.0


class Shop:
    """A new workspace: `admin` is a client with the root key, `harbor` one with a key of the workspace."""

    def __init__(self, client: type[Harbor], server: Server, admin: Harbor) -> None:
        self.client = client
        self.url = server.url
        self.admin = admin
        self.workspace_id = admin.admin.workspaces.create(name="SDK", environment="sandbox").id
        self.harbor = self.caller()

    def caller(self, **fields: Any) -> Harbor:
        """A client with a new key of the workspace."""
        key = self.admin.admin.api_keys.create(self.workspace_id, **{"name": "SDK", "rate_limit": "off", **fields})
        assert key.secret is not None
        return self.client(key.secret, host=self.url)

    def events(self, count: int) -> list[str]:
        """New events, oldest first."""
        batch = [{"type": "order.shipped", "payload": {"n": number}} for number in range(count)]
        made = self.harbor.events.create_batch(workspace_id=self.workspace_id, events=batch)  # type: ignore[arg-type]
        return [event.id for event in made.events]


@pytest.fixture(params=BOTH)
def shop(request: pytest.FixtureRequest, sqlite_server: Server) -> Iterator[Shop]:
    with constructing(request.param) as client, client(_root_key(sqlite_server), host=sqlite_server.url) as admin:
        shop = Shop(client, sqlite_server, admin)
        with shop.harbor:
            yield shop
        admin.admin.workspaces.archive(shop.workspace_id)


@pytest.fixture
def receiver() -> Iterator[Loopback]:
    loopback = Loopback()
    loopback.respond = lambda _: Answer(204)
    yield loopback
    loopback.close()


def test_an_event_is_created_once_and_read_back(shop: Shop) -> None:
    fact: Any = {"workspace_id": shop.workspace_id, "type": "order.shipped", "idempotency_key": "order-77"}

    event = shop.harbor.events.create(**fact, payload={"order_id": "ord_77", "city": "Zürich"})
    again = shop.harbor.events.create(**fact, payload={"order_id": "ord_77", "city": "Zürich"})

    assert event == again == shop.harbor.events.retrieve(event.id)
    with pytest.raises(IdempotencyConflictError):
        shop.harbor.events.create(**fact, payload={"order_id": "ord_78"})


def test_lists_are_read_page_by_page_and_whole(shop: Shop) -> None:
    ids = shop.events(5)[::-1]

    first = shop.harbor.events.list(workspace_id=shop.workspace_id, limit=3)
    second = first.next_page()

    assert second is not None
    assert [event.id for event in (*first.data, *second.data)] == ids
    assert second.next_page() is None
    walk = shop.harbor.events.list_auto(workspace_id=shop.workspace_id, limit=2, type="order.*")
    assert [event.id for event in walk] == ids


def test_a_delivery_is_verified_looked_into_and_sent_again(shop: Shop, receiver: Loopback) -> None:
    harbor = shop.harbor
    endpoint = harbor.webhooks.create(workspace_id=shop.workspace_id, url=f"{receiver.url}/hook", events=["order.*"])
    assert endpoint.secret is not None
    (event_id,) = shop.events(1)
    seen = eventually(lambda: receiver.seen)[0]

    envelope = construct_webhook_event(seen.body, seen.headers, endpoint.secret)
    delivered = eventually(
        lambda: harbor.deliveries.list(workspace_id=shop.workspace_id, event_id=event_id, status="delivered").data
    )[0]
    assert (envelope.id, envelope.data.id) == (delivered.id, event_id)
    assert harbor.deliveries.retrieve(delivered.id).request_body == seen.body.decode()
    assert [attempt.response_status for attempt in harbor.deliveries.attempts(delivered.id).data] == [204]
    with pytest.raises(HarborError) as refused:
        harbor.deliveries.cancel(delivered.id)
    assert refused.value.code == ErrorCode.DELIVERY_NOT_CANCELABLE

    harbor.deliveries.replay(delivered.id)
    assert eventually(lambda: receiver.seen[1:])[0].body == seen.body


def test_a_stream_goes_on_where_it_stood_and_hears_what_is_new(shop: Shop) -> None:
    first, second = shop.events(2)

    with shop.harbor.events.stream(workspace_id=shop.workspace_id, last_event_id=first) as stream:
        assert next(stream).id == second
        (third,) = shop.events(1)
        assert next(stream).id == stream.last_event_id == third


def test_a_key_of_the_organization_reaches_every_workspace_of_its_environment(shop: Shop) -> None:
    keys = shop.admin.admin.organization_keys
    made = keys.create(name="Operators", environment="sandbox", scopes=["workspaces:manage", "keys:manage"])
    assert made.secret is not None
    assert made.workspace_id is None

    with shop.client(made.secret, host=shop.url) as operator:
        assert shop.workspace_id in [one.id for one in operator.admin.workspaces.list_auto()]
        assert made.id in [one.id for one in operator.admin.organization_keys.list_auto()]
    shop.admin.admin.api_keys.revoke(made.id)
    with shop.client(made.secret, host=shop.url) as operator, pytest.raises(AuthenticationError):
        operator.admin.organization_keys.list()


def test_refusals_are_told_apart(shop: Shop) -> None:
    with pytest.raises(NotFoundError) as absent:
        shop.harbor.events.retrieve("evt_000000000000")
    assert absent.value.request_id is not None
    with pytest.raises(InvalidRequestError) as wrong:
        shop.harbor.events.list(workspace_id=shop.workspace_id, limit=101)
    assert wrong.value.param == "limit"
    with shop.caller(scopes=["events:read"]) as reader, pytest.raises(PermissionDeniedError, match="events:write"):
        reader.events.create(workspace_id=shop.workspace_id, type="a.b", payload={})
    with pytest.raises(HarborError) as too_early:
        shop.admin.admin.workspaces.delete(shop.workspace_id)
    assert too_early.value.code == ErrorCode.WORKSPACE_NOT_ARCHIVED


def test_a_limited_client_waits_as_long_as_it_is_told(shop: Shop) -> None:
    with shop.caller(rate_limit="600:1") as limited:
        found = [limited.key.retrieve().rate_limit for _ in range(3)]

    assert found == ["600:1"] * 3


def test_models_know_every_field_that_the_server_shows(shop: Shop, receiver: Loopback) -> None:
    harbor, admin, workspace_id = shop.harbor, shop.admin.admin, shop.workspace_id
    endpoint = harbor.webhooks.create(workspace_id=workspace_id, url=f"{receiver.url}/hook", events=["*"])
    (event_id,) = shop.events(1)
    eventually(lambda: harbor.deliveries.list(workspace_id=workspace_id, status="delivered").data)
    (delivery,) = harbor.events.list_deliveries(event_id).data
    harbor.event_types.put("order.shipped", description="Gone", example={"n": 1})
    mixed = harbor.events.create_batch(
        workspace_id=workspace_id,
        events=[{"type": "a.b", "payload": {}}, {"type": "no good", "payload": {}}],
        atomic=False,
    )
    log = eventually(lambda: harbor.request_logs.list(workspace_id=workspace_id, limit=1).data)[0]

    shown: list[Model] = [
        harbor.workspaces.retrieve(workspace_id),
        harbor.events.retrieve(event_id),
        *mixed.items,
        endpoint,
        harbor.webhooks.retrieve(endpoint.id),
        harbor.webhooks.rotate_secret(endpoint.id),
        harbor.webhooks.stats(endpoint.id),
        harbor.webhooks.test(endpoint.id),
        harbor.webhooks.recover(endpoint.id, since=delivery.created_at),
        delivery,
        harbor.deliveries.retrieve(delivery.id),
        *harbor.deliveries.attempts(delivery.id).data,
        harbor.deliveries.replay_many(workspace_id=workspace_id, dry_run=True),
        harbor.event_types.retrieve("order.shipped"),
        harbor.request_logs.retrieve(log.id),
        harbor.key.retrieve(),
        *admin.api_keys.list(workspace_id).data,
        *admin.audit_log.list(limit=5).data,
        admin.organization(),
        admin.queue(),
        admin.clock.get(),
        admin.instance(),
    ]
    assert [(type(one).__name__, dict(one.extra)) for one in _with_parts(shown) if one.extra] == []


def eventually(look: Callable[[], T]) -> T:
    """What `look` finds, as soon as it finds something."""
    until = time.monotonic() + WAIT_S_MAX
    while not (found := look()):
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.02)
    return found


def _with_parts(models: Iterable[Model]) -> Iterator[Model]:
    for model in models:
        yield model
        for name in model.__dataclass_fields__:
            value = getattr(model, name)
            yield from _with_parts(
                one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Model)
            )


def _root_key(server: Server) -> str:
    return server.installation.admin_key
