"""A request with a key is done once: its reply is kept, sealed, and given again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.http.requests import request
from tests.kernel.probe import Probe

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Invalid
from harbor.kernel.http.idempotent import Once, check_key, once_of
from harbor.kernel.http.request import Reply
from harbor.kernel.http.routes import Place

PLACE = Place(workspace_id="ws_1")
ONCE = Once("key-1", "digest", "/v1/events", "events.create")
REPLY = Reply(201, '{"secret":"hb_live_é"}'.encode(), {"Location": "/x"}, "application/json")


def keep(call: Call, once: Once = ONCE, reply: Reply = REPLY) -> None:
    once.keep(call.tx, call, PLACE, reply)


def look(call: Call, once: Once = ONCE, place: Place = PLACE) -> Reply | None:
    return once.look(call.tx, call, place)


async def test_a_kept_reply_is_given_again_and_says_so(probe: Probe) -> None:
    await probe.write(keep)

    found = await probe.write(look)

    assert found == Reply(201, REPLY.body, {"Location": "/x", "Idempotent-Replayed": "true"}, "application/json")


@pytest.mark.parametrize("reply", [Reply(204, b"", {}, None), Reply(200, b"\xff\x00binary", {}, "image/png")])
async def test_every_body_can_be_kept(probe: Probe, reply: Reply) -> None:
    await probe.write(lambda call: keep(call, reply=reply))

    found = await probe.write(look)

    assert found is not None
    assert (found.status, found.body, found.media_type) == (reply.status, reply.body, reply.media_type)


async def test_a_kept_reply_is_sealed(probe: Probe) -> None:
    await probe.write(keep)

    row = await probe.read(lambda call: call.tx.row("SELECT reply FROM idempotency"))

    assert row is not None
    assert "hb_live" not in row["reply"]
    assert row["reply"].startswith(probe.house.services.faculties.vault.current)


@pytest.mark.parametrize(
    ("once", "place"),
    [
        (Once("key-2", "digest", "/v1/events", "events.create"), PLACE),
        (Once("key-1", "digest", "/v1/events", "webhooks.create"), PLACE),
        (ONCE, Place(workspace_id="ws_2")),
    ],
)
async def test_another_key_route_or_workspace_is_another_request(probe: Probe, once: Once, place: Place) -> None:
    await probe.write(keep)

    assert await probe.write(lambda call: look(call, once, place)) is None


async def test_accounts_have_their_own_keys(probe: Probe) -> None:
    await probe.write(keep)

    assert await probe.house.write(probe.organization.production, look) is None


async def test_the_same_key_for_something_else_is_a_conflict(probe: Probe) -> None:
    await probe.write(keep)

    with pytest.raises(Conflict) as refused:
        await probe.write(lambda call: look(call, Once("key-1", "other", "/v1/events", "events.create")))

    assert refused.value.code == "idempotency_conflict"
    assert "different payload" in refused.value.message


async def test_while_the_first_is_running_others_wait(probe: Probe) -> None:
    await probe.write(lambda call: ONCE.start(call.tx, call, PLACE))

    with pytest.raises(Conflict, match="still running") as refused:
        await probe.write(look)

    assert refused.value.retry_after_s == 1


async def test_a_journey_that_crashed_stands_in_nobodys_way_for_ever(probe: Probe) -> None:
    await probe.write(lambda call: ONCE.start(call.tx, call, PLACE))
    await probe.write(lambda call: call.tx.run("UPDATE idempotency SET created_at = created_at - 121000000"))

    assert await probe.write(look) is None


async def test_a_dropped_key_is_free(probe: Probe) -> None:
    await probe.write(lambda call: ONCE.start(call.tx, call, PLACE))

    await probe.write(lambda call: ONCE.drop(call.tx, call, PLACE))

    assert await probe.write(look) is None


async def test_a_reply_is_about_the_first_thing_the_call_told_of(probe: Probe) -> None:
    def act(call: Call) -> None:
        call.emit("harvest.client.created", subject="7", data={})
        call.emit("harvest.project.created", subject="8", data={})
        keep(call)

    await probe.write(act)
    await probe.write(lambda call: call.erase("harvest", "8"))
    still = await probe.write(look)
    await probe.write(lambda call: call.erase("harvest", "7"))

    assert still is not None
    assert await probe.write(look) is None


# The header


def once(key: str, raw: bytes = b"{}", path: str = "/v1/events") -> Once | None:
    return once_of(request("POST", path, headers={"Idempotency-Key": key}), raw)


def test_without_the_header_nothing_is_remembered() -> None:
    assert once_of(request("POST"), b"{}") is None


@pytest.mark.parametrize("key", ["a", "~" * 255, "!", "6f1e9b4a-0b1f"])
def test_a_key_is_visible_ascii(key: str) -> None:
    found = once(key)

    assert found is not None
    assert found.key == key


@pytest.mark.parametrize("key", ["", "a" * 256, "a b", "a\tb", "é", "\x7f"])
def test_a_malformed_key_is_refused_by_name(key: str) -> None:
    with pytest.raises(Invalid, match="Idempotency-Key must have 1 to 255 visible ASCII characters") as refused:
        once(key)

    assert refused.value.field == "Idempotency-Key"


@given(st.text(max_size=300))
def test_what_passes_is_printable(key: str) -> None:
    try:
        check_key(key, "key")
    except Invalid:
        return

    assert key.isascii()
    assert key.isprintable()
    assert " " not in key


def digest(*arguments: Any) -> str:
    found = once("k", *arguments)
    assert found is not None
    return found.digest


def test_the_same_said_differently_is_the_same() -> None:
    assert digest(b'{"a":1,"b":[2]}') == digest(b' { "b" : [2], "\\u0061" : 1 } ')


@pytest.mark.parametrize(
    "other", [(b'{"a":1.0}', "/v1/x"), (b'{"a":2}', "/v1/x"), (b"", "/v1/x"), (b'{"a":1}', "/v1/y")]
)
def test_another_body_or_path_is_something_else(other: tuple[bytes, str]) -> None:
    assert digest(b'{"a":1}', "/v1/x") != digest(*other)
