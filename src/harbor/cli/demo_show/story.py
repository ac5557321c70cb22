"""The first three chapters: setting up, delivering, failing once and trying again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

from harbor.cli.demo_show.findings import Findings
from harbor.cli.demo_show.place import SANDBOX_RETRIES, Place
from harbor.cli.demo_show.receiver import Arrival, Receiver
from harbor.cli.demo_show.screen import Screen
from harbor.cli.demo_show.server import Server
from harbor_sdk import Harbor, WebhookEndpoint

# What a delivery may take on a machine that is busy with other things.
ARRIVE_S_MAX: Final = 20.0
ENDPOINTS: Final = (("/shop", "order.*"), ("/books", "invoice.paid"))
EVENTS: Final = (
    ("order.created", {"order_id": "ord_77", "total": 42.5}),
    ("order.shipped", {"order_id": "ord_77", "parcels": 2}),
    ("invoice.paid", {"invoice_id": "inv_12", "amount": 42.5}),
)
REFUSED: Final = ("order.refunded", {"order_id": "ord_77", "amount": 8.5})
# Of a sandbox key it is 120 a minute. The burst of the seventh chapter is to meet a killed server, not a limit.
KEY_RATE_LIMIT: Final = "60000:2000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """What was made: a workspace with its key and endpoints, and what `harbor init` printed."""

    workspace_id: str
    secret_key: str
    endpoints: Sequence[WebhookEndpoint]
    made: Mapping[str, Any]

    @property
    def admin_key(self) -> str:
        """The key of the installation."""
        return str(self.made["harbor"]["admin_key"])


class Stage:
    """The server, the receiver and, once set up, the shop with its client. Use it in a `with` block."""

    shop: Shop
    harbor: Harbor

    def __init__(self, place: Place, port: int, screen: Screen) -> None:
        self.place = place
        self.screen = screen
        self.findings = Findings()
        self.server = Server(place.path, port, place.log)
        self.receiver = Receiver(screen.arrival)
        self._ends = ExitStack()
        self._ends.callback(self.receiver.close)
        self._ends.callback(self.server.stop)

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()

    def client(self, key: str) -> Harbor:
        """A client that repeats nothing by itself: what is repeated here is to be seen."""
        return self._ends.enter_context(Harbor(key, host=self.server.address, max_retries=0))


def set_up(stage: Stage, note: str | None) -> None:
    """Chapter 1: an installation, a server, a workspace with a key, and endpoints."""
    screen, server, place = stage.screen, stage.server, stage.place
    screen.chapter("Set up", "harbor init and harbor serve; then a workspace, a key and two endpoints.")
    screen.fact("Directory", f"{place.path}{' (made anew; an earlier demo was there)' if place.was_used else ''}")
    with screen.waiting("Setting up ..."):
        made = server.set_up()
    screen.fact("Database", "SQLite, embedded: a file in that directory")
    if note:
        screen.fact("Port", note, "yellow")
    with screen.waiting("Starting ..."):
        server.start()
    screen.fact("Server", f"{server.address}, process {server.process_id}")
    stage.shop = _open_shop(stage, made)
    stage.harbor = stage.client(stage.shop.secret_key)
    screen.fact("Workspace", f"{stage.shop.workspace_id} in the sandbox")
    screen.fact("Key", stage.shop.secret_key)
    screen.fact("Receiver", f"{stage.receiver.address}, a small one of the demo's own")
    for endpoint in stage.shop.endpoints:
        path = endpoint.url.removeprefix(stage.receiver.address)
        screen.fact("Endpoint", f"{endpoint.id}  {path} hears {', '.join(endpoint.events)}")
    waits = SANDBOX_RETRIES.removeprefix("0,").replace(",", ", ")
    screen.fact("For now", f"webhooks may go to loopback; retries come after {waits} s.")
    screen.fact("", "In production the first retry comes after 5 minutes.")


def deliver(stage: Stage) -> None:
    """Chapter 2: events arrive, signed; a forged delivery is refused."""
    screen, receiver = stage.screen, stage.receiver
    screen.chapter("Deliver", "Events are posted; each arrives at the endpoint that asked for its type.")
    screen.arrivals_begin()
    ids = {_post(stage, event_type, payload) for event_type, payload in EVENTS}
    receiver.wait_for(lambda arrivals: ids <= _ids(arrivals), ARRIVE_S_MAX)
    genuine = [arrival for arrival in receiver.arrivals if arrival.is_genuine]
    stage.findings.add("events that arrived with a good signature", expected=len(ids), seen=len(_ids(genuine) & ids))
    if genuine:
        screen.line("  The last one again with a byte more and its old signature, as by a forger:", "dim")
        stage.findings.add("answer to a forged delivery", expected=401, seen=receiver.forge(genuine[-1]))


def fail_and_retry(stage: Stage) -> None:
    """Chapter 3: the receiver answers 503, and the delivery comes again."""
    screen, receiver = stage.screen, stage.receiver
    screen.chapter("Fail and retry", "The receiver answers 503 once, as during a deployment. Harbor tries again.")
    screen.arrivals_begin()
    event_type, payload = REFUSED
    receiver.refuse_next(event_type)
    event_id = _post(stage, event_type, payload)
    with screen.waiting("The second attempt comes after a second ..."):
        receiver.wait_for(lambda arrivals: len(_of(arrivals, event_id)) >= 2, ARRIVE_S_MAX)
    seen = [(arrival.attempt, arrival.status) for arrival in _of(receiver.arrivals, event_id)]
    stage.findings.add(
        "answers to a delivery refused once", expected="503, 200", seen=", ".join(str(s) for _, s in seen)
    )
    stage.findings.add("  numbers of its attempts", expected="1, 2", seen=", ".join(str(number) for number, _ in seen))


def _open_shop(stage: Stage, installed: Mapping[str, Any]) -> Shop:
    admin = stage.client(installed["harbor"]["admin_key"]).admin
    workspace = admin.workspaces.create(name="Demo shop", environment="sandbox", idempotency_key="demo-workspace")
    made = admin.api_keys.create(workspace.id, name="Demo key", rate_limit=KEY_RATE_LIMIT, idempotency_key="demo-key")
    assert made.secret is not None
    harbor = stage.client(made.secret)
    endpoints = []
    for path, filter_ in ENDPOINTS:
        endpoint = harbor.webhooks.create(
            workspace_id=workspace.id,
            url=stage.receiver.address + path,
            events=[filter_],
            idempotency_key=f"demo-endpoint{path}",
        )
        assert endpoint.secret is not None
        stage.receiver.secrets[path] = endpoint.secret
        endpoints.append(endpoint)
    return Shop(workspace_id=workspace.id, secret_key=made.secret, endpoints=endpoints, made=installed)


def _post(stage: Stage, event_type: str, payload: dict[str, Any]) -> str:
    event = stage.harbor.events.create(
        workspace_id=stage.shop.workspace_id, type=event_type, payload=payload, idempotency_key=f"demo-{event_type}"
    )
    return event.id


def _ids(arrivals: Sequence[Arrival]) -> set[str]:
    return {arrival.event_id for arrival in arrivals}


def _of(arrivals: Sequence[Arrival], event_id: str) -> list[Arrival]:
    return [arrival for arrival in arrivals if arrival.event_id == event_id]
