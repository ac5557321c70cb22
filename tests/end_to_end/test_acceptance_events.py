"""Events: what a 201 promises, idempotency keys, sizes, batches."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from tests.end_to_end.tenant import DAY_S, Tenant
from tests.receiver import Receiver

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
EVENT_ID = re.compile(r"evt_[0-9a-hjkmnp-tv-z]{26}")
PAYLOAD_BYTES_MAX = 262_144


async def test_a_new_event_has_the_five_documented_fields_and_no_other(each_shop: Tenant) -> None:
    made = await each_shop.event("order.shipped", {"order_id": "ord_77", "carrier": "dhl"})

    assert list(made) == ["id", "type", "workspace_id", "payload", "created_at"]
    assert EVENT_ID.fullmatch(made["id"])
    assert MOMENT.fullmatch(made["created_at"])
    assert made["payload"] == {"order_id": "ord_77", "carrier": "dhl"}


async def test_an_event_is_readable_right_after_its_201(each_shop: Tenant) -> None:
    for _ in range(20):
        answer = await each_shop.api.post("/v1/events", each_shop.body())
        found = await each_shop.api.get(f"/v1/events/{answer.json()['id']}")
        newest = (await each_shop.api.get(f"/v1/events?workspace_id={each_shop.workspace_id}&limit=1")).expect(200)

        assert found.body == answer.body
        assert newest["data"] == [answer.json()]


async def test_one_idempotency_key_used_fifty_times_at_once_makes_one_event_and_fifty_equal_bodies(
    each_shop: Tenant, receiver: Receiver
) -> None:
    await each_shop.webhook(receiver.url())
    key, body = str(uuid4()), each_shop.body()

    answers = await asyncio.gather(
        *(each_shop.api.post("/v1/events", body, headers={"Idempotency-Key": key}) for _ in range(50))
    )

    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    (event,) = await each_shop.items(f"/v1/events?workspace_id={each_shop.workspace_id}")
    await each_shop.settled(event["id"])
    assert len(receiver.got) == 1


async def test_an_idempotency_key_with_another_body_is_a_conflict_in_the_documented_words(each_shop: Tenant) -> None:
    await each_shop.event(payload={"n": 1}, headers={"Idempotency-Key": "order-77"})

    answer = await each_shop.api.post(
        "/v1/events", each_shop.body(payload={"n": 2}), headers={"Idempotency-Key": "order-77"}
    )

    message = "Idempotency-Key order-77 was already used with a different payload."
    assert answer.told == (409, "idempotency_conflict", message)
    assert len(await each_shop.items(f"/v1/events?workspace_id={each_shop.workspace_id}")) == 1


async def test_blanks_and_the_order_of_keys_do_not_make_another_body(shop: Tenant) -> None:
    first = f'{{"workspace_id":"{shop.workspace_id}","type":"a.b","payload":{{"x":1,"y":[1.0,2]}}}}'
    again = f'{{ "payload" : {{"y" : [1.0, 2], "x" : 1}},\n "type":"a.b", "workspace_id":"{shop.workspace_id}" }}'
    other = f'{{"workspace_id":"{shop.workspace_id}","type":"a.b","payload":{{"x":1,"y":[1,2]}}}}'
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}

    made = await shop.api.post("/v1/events", body=first.encode(), headers=headers)
    replayed = await shop.api.post("/v1/events", body=again.encode(), headers=headers)
    refused = await shop.api.post("/v1/events", body=other.encode(), headers=headers)

    assert (made.status, replayed.status, refused.status) == (201, 201, 409)
    assert made.body == replayed.body
    assert replayed.headers["Idempotent-Replayed"] == "true"


async def test_a_refused_request_leaves_its_idempotency_key_free(shop: Tenant) -> None:
    headers = {"Idempotency-Key": "corrected"}
    wrong = await shop.api.post("/v1/events", {**shop.body(), "type": "no blanks"}, headers=headers)
    right = await shop.api.post("/v1/events", shop.body(), headers=headers)

    assert (wrong.status, right.status) == (400, 201)
    assert "Idempotent-Replayed" not in right.headers


async def test_two_keys_of_a_workspace_share_idempotency_keys_and_two_routes_do_not(
    shop: Tenant, receiver: Receiver
) -> None:
    other, headers = await shop.caller(), {"Idempotency-Key": "shared"}
    mine = await shop.event(headers=headers)
    theirs = (await other.post("/v1/events", shop.body(), headers=headers)).expect(201)
    hook = {"workspace_id": shop.workspace_id, "url": receiver.url(), "events": ["*"]}
    webhook = await shop.api.post("/v1/webhooks", hook, headers=headers)

    assert mine == theirs
    assert webhook.status == 201


@pytest.mark.parametrize("key", ["", "a" * 256, "with blank", "ümlaut"])
async def test_a_malformed_idempotency_key_is_refused_by_its_name(shop: Tenant, key: str) -> None:
    answer = await shop.api.post("/v1/events", shop.body(), headers={"Idempotency-Key": key})

    assert (answer.status, answer.error["param"]) == (400, "Idempotency-Key")


async def test_an_idempotency_key_lasts_for_a_day_and_is_free_a_second_later(slow_shop: Tenant) -> None:
    headers = {"Idempotency-Key": "daily-report"}
    first = await slow_shop.event(headers=headers)

    await slow_shop.advance(DAY_S - 1)
    still = await slow_shop.event(headers=headers)
    await slow_shop.advance(2)
    later = await slow_shop.event(payload={"another": "body"}, headers=headers)

    assert still == first
    assert later["id"] != first["id"]


def payload_of(size: int) -> bytes:
    """A JSON object of so many bytes of UTF-8."""
    head, tail = b'{"text":"', b'"}'
    return head + b"x" * (size - len(head) - len(tail)) + tail


@pytest.mark.parametrize("filler", ["x", "ä", "🚢"], ids=["ascii", "two bytes", "four bytes"])
async def test_a_payload_of_262144_bytes_fits_and_one_byte_more_is_413(shop: Tenant, filler: str) -> None:
    room = PAYLOAD_BYTES_MAX - len(b'{"text":""}')
    width = len(filler.encode())
    text = filler * (room // width) + "x" * (room % width)
    head = f'{{"workspace_id":"{shop.workspace_id}","type":"file.written","payload":'.encode()
    headers = {"Content-Type": "application/json"}

    fits = await shop.api.post("/v1/events", body=head + f'{{"text":"{text}"}}}}'.encode(), headers=headers)
    spaced = await shop.api.post("/v1/events", body=head + f'{{  "text" :\n"{text}" }}}}'.encode(), headers=headers)
    large = await shop.api.post("/v1/events", body=head + f'{{"text":"{text}x"}}}}'.encode(), headers=headers)

    assert (fits.status, spaced.status, large.status) == (201, 201, 413)
    assert large.error["code"] == "payload_too_large"
    assert large.error["param"] == "payload"


async def test_a_payload_is_kept_and_delivered_as_it_was_written(each_shop: Tenant, receiver: Receiver) -> None:
    written = r'{"z":1.0,"a":1e2,"big":12345678901234567890123,"tiny":0.1000,"text":"Zürich \u00fc \/ 🚢","empty":{}}'
    await each_shop.webhook(receiver.url())
    body = f'{{"workspace_id":"{each_shop.workspace_id}","type":"a.b","payload": {written} }}'.encode()

    answer = await each_shop.api.post("/v1/events", body=body, headers={"Content-Type": "application/json"})
    found = await each_shop.api.get(f"/v1/events/{answer.json()['id']}")
    await receiver.until(lambda it: len(it.got) == 1)

    assert written.encode() in answer.body
    assert written.encode() in found.body
    assert written.encode() in receiver.got[0].body


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"type": ""}, "type"),
        ({"type": "a" * 129}, "type"),
        ({"type": "order..shipped"}, "type"),
        ({"type": ".order"}, "type"),
        ({"type": "order shipped"}, "type"),
        ({"type": "bestellung.gelöscht"}, "type"),
        ({"type": "order.*"}, "type"),
        ({"type": 7}, "type"),
        ({"type": "harbor.webhook.disabled"}, "type"),
        ({"type": "harvest"}, "type"),
        ({"type": "harbour.x"}, "type"),
        ({"type": "appharbor.x"}, "type"),
        ({"type": "harper.x"}, "type"),
        ({"payload": []}, "payload"),
        ({"payload": "text"}, "payload"),
        ({"payload": None}, "payload"),
        ({"payload": 1}, "payload"),
        ({"workspace_id": 5}, "workspace_id"),
        ({"workspace_id": "evt_01j8z0c3t4e6g8h0j2k4m6n8pq"}, "workspace_id"),
        ({"workspaceId": "ws_x"}, "workspaceId"),
        ({"idempotency_key": "x"}, "idempotency_key"),
    ],
)
async def test_a_bad_field_is_named(shop: Tenant, change: dict[str, Any], param: str) -> None:
    answer = await shop.api.post("/v1/events", {**shop.body(), **change})

    assert (answer.status, answer.error["code"], answer.error.get("param")) == (400, "invalid_request", param)
    assert param in answer.error["message"]


@pytest.mark.parametrize("field", ["workspace_id", "type", "payload"])
async def test_a_missing_field_is_named(shop: Tenant, field: str) -> None:
    body = shop.body()
    del body[field]

    answer = await shop.api.post("/v1/events", body)

    assert (answer.status, answer.error["code"], answer.error.get("param")) == (400, "invalid_request", field)


@pytest.mark.parametrize("type_", ["a", "A-1_b.C", "a" * 128, "harbors.x", "order.harbor"])
async def test_types_are_plain_dotted_strings(shop: Tenant, type_: str) -> None:
    assert (await shop.event(type_))["type"] == type_


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_an_event_cannot_be_changed_or_deleted(shop: Tenant, method: str) -> None:
    event = await shop.event()

    answer = await shop.api.request(method, f"/v1/events/{event['id']}")

    assert (answer.status, answer.error["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


async def test_an_atomic_batch_is_all_or_nothing(each_shop: Tenant) -> None:
    items = [{"type": "order.shipped", "payload": {"n": n}} for n in range(100)]
    batch = {"workspace_id": each_shop.workspace_id, "events": items}
    bad = {**batch, "events": [*items[:50], {"type": "no blanks", "payload": {}}, *items[51:]]}

    refused = await each_shop.api.post("/v1/events/batch", bad)
    none = await each_shop.items(f"/v1/events?workspace_id={each_shop.workspace_id}")
    made = (await each_shop.api.post("/v1/events/batch", batch)).expect(201)
    events = await each_shop.items(f"/v1/events?workspace_id={each_shop.workspace_id}&limit=100&order=asc")

    assert (refused.status, refused.error["param"]) == (400, "events.50.type")
    assert none == []
    assert [event["payload"]["n"] for event in made["data"]] == list(range(100))
    assert events == made["data"]


async def test_a_batch_that_is_not_atomic_answers_207_with_a_result_for_each_item(each_shop: Tenant) -> None:
    items = [
        {"type": "order.shipped", "payload": {"n": 0}},
        {"type": "no blanks", "payload": {}},
        {"type": "order.shipped", "payload": {"text": "x" * PAYLOAD_BYTES_MAX}},
        {"type": "order.shipped", "payload": {"n": 3}},
    ]
    body = {"workspace_id": each_shop.workspace_id, "events": items, "atomic": False}

    results = (await each_shop.api.post("/v1/events/batch", body)).expect(207)["data"]

    assert [result["status"] for result in results] == [201, 400, 413, 201]
    assert [set(result) for result in results] == [
        {"status", "event"},
        {"status", "error"},
        {"status", "error"},
        {"status", "event"},
    ]
    assert results[1]["error"]["code"] == "invalid_request"
    assert results[2]["error"]["code"] == "payload_too_large"
    events = await each_shop.items(f"/v1/events?workspace_id={each_shop.workspace_id}&order=asc")
    assert [event["payload"] for event in events] == [{"n": 0}, {"n": 3}]


@pytest.mark.parametrize("count", [0, 101])
async def test_a_batch_has_1_to_100_items(shop: Tenant, count: int) -> None:
    items = [{"type": "order.shipped", "payload": {}}] * count

    answer = await shop.api.post("/v1/events/batch", {"workspace_id": shop.workspace_id, "events": items})

    assert (answer.status, answer.error["param"]) == (400, "events")


async def test_items_of_a_batch_have_idempotency_keys_of_their_own(shop: Tenant) -> None:
    single = await shop.event(payload={"n": 1}, headers={"Idempotency-Key": "item-1"})
    items = [
        {"type": "order.shipped", "payload": {"n": 1}, "idempotency_key": "item-1"},
        {"type": "order.shipped", "payload": {"n": 2}, "idempotency_key": "item-2"},
    ]
    body = {"workspace_id": shop.workspace_id, "events": items}

    first = (await shop.api.post("/v1/events/batch", body)).expect(201)["data"]
    again = (await shop.api.post("/v1/events/batch", body)).expect(201)["data"]

    assert first == again
    assert first[0] == single
    assert len(await shop.items(f"/v1/events?workspace_id={shop.workspace_id}")) == 2


async def test_a_batch_of_more_than_a_megabyte_is_413(shop: Tenant) -> None:
    items = [{"type": "order.shipped", "payload": msgspec.Raw(payload_of(250_000))}] * 5

    answer = await shop.api.post("/v1/events/batch", {"workspace_id": shop.workspace_id, "events": items})

    assert (answer.status, answer.error["code"]) == (413, "payload_too_large")
