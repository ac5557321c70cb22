"""The front door: which product a request is for, where absolute addresses point, and the routes of the service itself."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Any

import pytest

from harbor.kernel.http.front import Door, Front, json_reply
from harbor.kernel.http.request import Mount
from harbor.kernel.identity.model import Environment

NAMES = ("root", "harvest", "harper")


@dataclass
class Product:
    """Stands for a pipeline: notes what it was asked, and says nothing else."""

    name: str
    seen: list[tuple[str, str, Mount]]

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any, path: str, mount: Mount) -> None:
        self.seen.append((self.name, path, mount))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-product", self.name.encode())]})
        await send({"type": "http.response.body", "body": b""})


@dataclass
class Answer:
    """What came out of the front door."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return next((value.decode() for key, value in self.headers if key == name.encode()), None)


async def health(scope: MutableMapping[str, Any]) -> tuple[int, str, bytes]:
    return json_reply(200, {"status": "ok"})


class House:
    """A front door with three products behind it."""

    def __init__(self, **changes: Any) -> None:
        self.seen: list[tuple[str, str, Mount]] = []
        root, harvest, harper = (Product(name, self.seen) for name in NAMES)
        self.front = Front(
            **{
                "doors": (
                    Door(pipeline=harvest, prefix="/harvest", hosts=frozenset({"harvest.example"})),  # type: ignore[arg-type]
                    Door(pipeline=harper, prefix="/harper", listeners=frozenset({"operations"})),  # type: ignore[arg-type]
                    Door(pipeline=root),  # type: ignore[arg-type]
                ),
                "services": {"/healthz": health, "/metrics": health},
                "production_hosts": frozenset({"api.example"}),
                "sandbox_hosts": frozenset({"sandbox.example"}),
                "public_url": "https://harbor.example",
                **changes,
            }
        )

    async def ask(
        self,
        path: str = "/v1/events",
        *,
        method: str = "GET",
        host: str = "localhost:8000",
        origin: str | None = None,
        listener: str = "main",
        client: tuple[str, int] | None = ("127.0.0.1", 5),
    ) -> Answer:
        """The answer to one request; what a product was asked is in `seen`."""
        answer = Answer()

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message["headers"])
            else:
                answer.body += message["body"]

        async def receive() -> MutableMapping[str, Any]:
            raise AssertionError("the front door reads no body")

        headers = [(b"host", host.encode()), *([(b"origin", origin.encode())] if origin else [])]
        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": path,
            "headers": headers,
            "client": client,
            "state": {"listener": listener},
        }
        await self.front(scope, receive, send)
        return answer


@pytest.mark.parametrize(
    ("path", "product", "below", "prefix"),
    [
        ("/v1/events", "root", "/v1/events", ""),
        ("/", "root", "/", ""),
        ("/harvest", "harvest", "/", "/harvest"),
        ("/harvest/", "harvest", "/", "/harvest"),
        ("/harvest/v2/clients", "harvest", "/v2/clients", "/harvest"),
        ("/harvester", "root", "/harvester", ""),
        ("/Harvest/x", "root", "/Harvest/x", ""),
        ("/x/harvest/y", "root", "/x/harvest/y", ""),
    ],
)
async def test_a_prefix_leads_to_its_product(path: str, product: str, below: str, prefix: str) -> None:
    house = House()

    await house.ask(path)

    ((name, found, mount),) = house.seen
    assert (name, found, mount.prefix) == (product, below, prefix)


@pytest.mark.parametrize("host", ["harvest.example", "HARVEST.example:8443"])
async def test_a_host_of_its_own_has_no_prefix(host: str) -> None:
    house = House()

    await house.ask("/v2/clients", host=host)

    ((name, path, mount),) = house.seen
    assert (name, path, mount.prefix) == ("harvest", "/v2/clients", "")
    assert mount.origin == f"http://{host}"


async def test_a_port_of_its_own_leads_to_its_product() -> None:
    house = House()

    await house.ask("/", listener="operations")

    ((name, _, mount),) = house.seen
    assert (name, mount.listener) == ("harper", "operations")


@pytest.mark.parametrize(
    ("host", "listener", "environment"),
    [
        ("api.example", "main", Environment.PRODUCTION),
        ("sandbox.example:80", "main", Environment.SANDBOX),
        ("localhost", "sandbox", Environment.SANDBOX),
        ("api.example", "sandbox", Environment.PRODUCTION),
        ("localhost", "main", None),
        ("evil.example", "main", None),
    ],
)
async def test_the_way_in_may_say_the_environment(host: str, listener: str, environment: Environment | None) -> None:
    house = House()

    await house.ask(host=host, listener=listener)

    assert house.seen[0][2].environment is environment


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1", "http://127.0.0.1"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("[::1]", "http://[::1]"),
        ("api.example", "http://api.example"),
        ("evil.example", "https://harbor.example"),
        ("localhost.evil.example", "https://harbor.example"),
        ("", "https://harbor.example"),
    ],
)
async def test_a_host_that_anybody_may_write_is_never_repeated(host: str, origin: str) -> None:
    house = House()

    await house.ask(host=host)

    assert house.seen[0][2].origin == origin


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_service_answers_for_itself(method: str) -> None:
    house = House()

    answer = await house.ask("/healthz", method=method)

    assert (answer.status, answer.body) == (200, b'{"status":"ok"}\n')
    assert answer.header("content-type") == "application/json"
    assert answer.header("cache-control") == "no-store"
    assert house.seen == []


async def test_other_methods_on_a_service_route_are_the_products_business() -> None:
    house = House()

    await house.ask("/healthz", method="POST")

    assert [name for name, _, _ in house.seen] == ["root"]


@pytest.mark.parametrize(
    ("client", "status"),
    [
        (("10.1.2.3", 5), 200),
        (("::1", 5), 200),
        (("192.0.2.1", 5), 403),
        (("not an address", 5), 403),
        (None, 403),
    ],
)
async def test_metrics_are_shown_to_known_networks_only(client: tuple[str, int] | None, status: int) -> None:
    house = House(metrics_networks=(ip_network("10.0.0.0/8"), ip_network("::1/128")))

    assert (await house.ask("/metrics", client=client)).status == status


async def test_metrics_are_shown_to_nobody_unless_asked_for() -> None:
    assert (await House().ask("/metrics")).status == 403


async def test_a_product_says_which_pages_may_call_it() -> None:
    def house(*origins: str) -> House:
        made = House()
        harper = replace(made.front.doors[1], any_origin_headers="Accept", origins=frozenset(origins))
        return House(doors=(harper, made.front.doors[2]))

    async def told(house: House, **request: Any) -> list[str | None]:
        answer = await house.ask("/harper", **request)
        return [answer.header(name) for name in ("access-control-allow-origin", "vary")]

    some = house("https://a.test")
    for method in ("GET", "OPTIONS"):
        assert (await told(house("*"), method=method, origin="https://b.test"))[0] == "*"
        assert (await told(some, method=method, origin="https://a.test"))[0] == "https://a.test"
        assert (await told(some, method=method, origin="https://b.test"))[0] is None
        assert (await told(house(), method=method, origin="https://a.test"))[0] is None
    assert (await told(some, origin="https://b.test"))[1] == "Origin"


async def test_options_says_what_is_possible() -> None:
    house = House()

    answer = await house.ask(method="OPTIONS", origin="https://app.example")

    assert (answer.status, answer.header("allow")) == (204, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
    assert answer.header("access-control-allow-origin") is None
    assert house.seen == []


async def test_a_known_origin_may_call_from_a_browser() -> None:
    house = House(cors_origins=frozenset({"https://app.example"}))

    before = await house.ask(method="OPTIONS", origin="https://app.example")
    answer = await house.ask(origin="https://app.example")

    assert before.header("access-control-allow-origin") == "https://app.example"
    assert "Idempotency-Key" in (before.header("access-control-allow-headers") or "")
    assert answer.header("access-control-allow-origin") == "https://app.example"
    assert answer.header("x-product") == "root"
    assert "Harbor-Request-Id" in (answer.header("access-control-expose-headers") or "")
    assert answer.header("vary") == "Origin"


@pytest.mark.parametrize("origin", [None, "https://evil.example", "https://app.example.evil.example", "null"])
async def test_an_unknown_origin_is_told_nothing(origin: str | None) -> None:
    house = House(cors_origins=frozenset({"https://app.example"}))

    for method in ("OPTIONS", "GET"):
        assert (await house.ask(method=method, origin=origin)).header("access-control-allow-origin") is None


async def test_what_is_no_http_is_left_alone() -> None:
    house = House()

    await house.front({"type": "lifespan"}, None, None)  # type: ignore[arg-type]

    assert house.seen == []
