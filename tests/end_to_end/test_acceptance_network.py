"""Network safety: no webhook reaches what is not public, however its address is spelled or changes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.end_to_end.fixtures import open_shop
from tests.end_to_end.server import MANUAL, NAMES, Installation, Server, serving
from tests.end_to_end.tenant import Tenant
from tests.receiver import Answer, Receiver

PUBLIC = "93.184.215.14"

CORPUS = (Path(__file__).parent / "refused_addresses.txt").read_text().splitlines()


@pytest.fixture(scope="session")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What names resolve to, for the server of these tests."""
    path = tmp_path_factory.mktemp("names") / "names.json"
    path.write_text("{}")
    return path


@pytest.fixture(scope="session")
def strict_server(template: Installation, names: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the documented rules of the network, whose names are ours."""
    installation = template.copy(tmp_path_factory.mktemp("strict-server") / "data")
    settings = {**MANUAL, "PYTHONPATH": str(NAMES), "HARBOR_TEST_NAMES": str(names)}
    with serving(installation, settings) as server:
        yield server


@pytest.fixture
async def strict_shop(strict_server: Server) -> AsyncIterator[Tenant]:
    """A workspace under the documented rules of the network."""
    async with open_shop(strict_server) as tenant:
        yield tenant


def resolve(names: Path, **known: list[str]) -> None:
    """From now on these names resolve; a double underscore stands for a dot."""
    text = json.dumps({name.replace("__", "."): addresses for name, addresses in known.items()})
    fresh = names.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(names)


@pytest.mark.parametrize("url", CORPUS)
async def test_an_address_that_is_not_public_is_refused_when_it_is_registered(strict_shop: Tenant, url: str) -> None:
    body = {"workspace_id": strict_shop.workspace_id, "url": url, "events": ["*"]}

    answer = await strict_shop.api.post("/v1/webhooks", body)

    assert (answer.status, answer.error["code"], answer.error["param"]) == (400, "invalid_request", "url")


@pytest.mark.parametrize("url", ["x" * 2_049, "https://hooks.example.com/" + "x" * 2_048, ""])
async def test_an_address_has_1_to_2048_characters(strict_shop: Tenant, url: str) -> None:
    body = {"workspace_id": strict_shop.workspace_id, "url": url, "events": ["*"]}

    answer = await strict_shop.api.post("/v1/webhooks", body)

    assert (answer.status, answer.error["param"]) == (400, "url")


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/harbor",
        "https://hooks.example.com:8443/harbor?x=1&y=%20",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "HTTPS://Hooks.Example.COM/",
        "https://bücher.example.com/",
    ],
)
async def test_a_public_address_is_taken_also_before_it_resolves(strict_shop: Tenant, url: str) -> None:
    await strict_shop.webhook(url, ["nothing.ever"])


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["::1"],
        ["fd00::1"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::a00:1"],
        ["2002:a00:1::"],
        [PUBLIC, "10.1.2.3"],
    ],
)
async def test_a_name_that_resolves_to_what_is_not_public_is_refused(
    strict_shop: Tenant, names: Path, addresses: list[str]
) -> None:
    resolve(names, inner__example__com=addresses)
    body = {"workspace_id": strict_shop.workspace_id, "url": "https://inner.example.com/", "events": ["*"]}

    answer = await strict_shop.api.post("/v1/webhooks", body)

    assert (answer.status, answer.error["param"]) == (400, "url")
    assert not any(address in answer.error["message"] for address in addresses)


async def test_an_endpoint_cannot_be_moved_to_what_is_not_public(strict_shop: Tenant, names: Path) -> None:
    resolve(names, inner__example__com=["10.1.2.3"])
    hook = await strict_shop.webhook("https://hooks.example.com/")

    for url in ("https://inner.example.com/", "https://127.0.0.1/"):
        answer = await strict_shop.api.put(f"/v1/webhooks/{hook['id']}", {"url": url})
        assert (answer.status, answer.error["param"]) == (400, "url")


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["::1"],
        ["fe80::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"],
        [PUBLIC, "127.0.0.1"],
        ["127.0.0.1", PUBLIC],
    ],
)
async def test_a_name_that_moves_inside_after_it_was_registered_is_blocked_at_each_attempt(
    strict_shop: Tenant, names: Path, addresses: list[str]
) -> None:
    host = f"rebinding{abs(hash(tuple(addresses)))}"
    names.write_text("{}")
    await strict_shop.webhook(f"https://{host}.example.com/")
    resolve(names, **{f"{host}__example__com": addresses})

    delivery = await strict_shop.settled((await strict_shop.event())["id"], "retrying")

    (attempt,) = await strict_shop.attempts(delivery["id"])
    assert (attempt["error"], attempt["response_status"]) == ("blocked_address", None)
    assert attempt["resolved_ip"] is None or attempt["resolved_ip"] not in addresses


async def test_a_name_that_does_not_resolve_is_a_dns_error(strict_shop: Tenant, names: Path) -> None:
    names.write_text("{}")
    await strict_shop.webhook("https://nowhere.example.com/")

    assert (await strict_shop.settled((await strict_shop.event())["id"], "retrying"))["last_error"] == "dns"


async def test_a_test_is_under_the_same_rules(strict_shop: Tenant, names: Path) -> None:
    names.write_text("{}")
    hook = await strict_shop.webhook("https://tested.example.com/")
    resolve(names, tested__example__com=["127.0.0.1"])

    attempt = (await strict_shop.api.post(f"/v1/webhooks/{hook['id']}/test", {})).expect(200)

    assert (attempt["error"], attempt["trigger"]) == ("blocked_address", "test")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(slow_shop: Tenant, receiver: Receiver, status: int) -> None:
    receiver.otherwise = Answer(status=status, headers={"Location": receiver.url("/elsewhere")})
    await slow_shop.webhook(receiver.url())

    delivery = await slow_shop.settled((await slow_shop.event())["id"], "retrying")

    assert (delivery["last_error"], delivery["last_response_status"]) == ("redirect", status)
    assert [got.path for got in receiver.got] == ["/hook"]
