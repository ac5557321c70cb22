"""Events and deliveries: envelopes, signatures, versions, sequence, retries, held events. Acceptance lines 3, 5, 14, 15."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from standardwebhooks import Webhook
from tests.products.harbour_agreements.office import CRIMINAL, IDENTITY, Office
from tests.products.harbour_agreements.things import make_verification
from tests.receiver import Answer, Got

from harbor.products.harbour_agreements.webhooks.view import RETRIES

BUSY = Answer(status=503, body=b"busy")
DAY_S = 86_400


async def _run(office: Office, type_: str = IDENTITY, **more: Any) -> dict[str, Any]:
    """A check from its start to its end."""
    made = await office.start(type_, **more)
    if made["status"] == "started":
        await office.submit(made)
    await office.house.settle()
    return await office.now(made)


def _in_order(got: list[Got]) -> list[dict[str, Any]]:
    return sorted((each.json() for each in got), key=lambda body: body["sequence"])


async def test_each_change_of_a_check_is_one_event_that_others_can_verify(office: Office) -> None:
    webhook = await office.webhook()

    made = await _run(office)

    bodies = _in_order(office.receiver.got)
    assert [body["sequence"] for body in bodies] == [1, 2, 3]
    assert [body["data"]["status"] for body in bodies] == ["started", "in_progress", "completed"]
    assert [body["data"]["result"] for body in bodies] == [None, "pending", "verified"]
    nothing = {"status": None, "result": None, "sub_status": None}
    previous = [body["data"].pop("previous") for body in bodies]
    assert previous == [
        nothing,
        {"status": "started", "result": None, "sub_status": None},
        {"status": "in_progress", "result": "pending", "sub_status": None},
    ]
    last = bodies[-1]
    assert list(last) == [
        "event_id",
        "event_type",
        "event_datetime",
        "event_timestamp",
        "webhook_id",
        "organization_id",
        "api_version",
        "sequence",
        "test",
        "data",
    ]
    assert last["data"] == made
    assert (last["event_type"], last["webhook_id"], last["test"]) == ("verification", webhook["webhook_id"], False)
    for got in office.receiver.got:
        assert got.headers["webhook-id"] == got.json()["event_id"]
        assert (got.headers["harbour-event"], got.headers["harbour-version"]) == ("verification", "2.2")
        Webhook(webhook["signing_secret"]).verify(got.body, dict(got.headers))


async def test_a_webhook_keeps_its_version(office: Office) -> None:
    await office.webhook("/old", api_version="2.0")
    await office.webhook("/new")

    await _run(office)

    old, new = office.receiver.at("/old")[0], office.receiver.at("/new")[0]
    assert (len(old.json()["data"]), len(new.json()["data"])) == (11, 18)  # with `previous`
    assert old.json()["data"]["created_at"] == "2026-05-25T12:00:00.000000"
    assert old.headers["harbour-version"] == "2.0"


async def test_parts_of_a_criminal_check_tell_for_themselves(one_engine: Office) -> None:
    await one_engine.webhook()

    await _run(one_engine, CRIMINAL)

    told: dict[str | None, list[Any]] = {}
    for body in _in_order(one_engine.receiver.got):
        data = body["data"]
        told.setdefault(data["verification_subtype"], []).append((data["status"], data["sub_status"]))
    assert told == {
        None: [
            ("in_progress", "national_level_check"),
            ("in_progress", "county_level_check"),
            ("completed", None),
        ],
        "ssn_id_document_reports": [("in_progress", None), ("completed", None)],
        "single_state_county_record_check_result": [("in_progress", None), ("completed", None)],
    }


async def test_a_failing_event_is_sent_again_byte_for_byte_and_holds_up_no_other(office: Office) -> None:
    webhook = await office.webhook()
    office.receiver.answers.extend([BUSY, BUSY])
    await office.start()
    await office.house.settle()
    await office.later(40)
    second = await office.start()
    await office.house.settle()
    assert office.receiver.got[-1].json()["data"]["verification_id"] == second["verification_id"]

    await office.later(200)

    first = [got for got in office.receiver.got if got.json()["sequence"] == 1]
    assert len(first) == 3
    assert len({got.body for got in first}) == 1
    events = await office.get(f"/webhooks/{webhook['webhook_id']}/events?order_by=created_at")
    assert [(each["status"], each["attempt_count"]) for each in events["items"]] == [("delivered", 3), ("delivered", 1)]


async def test_the_retry_table_is_the_documented_one() -> None:
    assert RETRIES.attempts == 10
    assert [later - former for former, later in pairwise(RETRIES.ages_s)] == [
        30,
        120,
        600,
        1_800,
        3_600,
        10_800,
        21_600,
        43_200,
        86_400,
    ]


async def test_lists_and_reads_of_events_hold_what_the_guide_prints_and_more(office: Office) -> None:
    webhook = await office.webhook()
    path = f"/webhooks/{webhook['webhook_id']}/events"
    empty = await office.get(path)
    assert (empty["webhook_id"], empty["event_datetime"], empty["total"]) == (webhook["webhook_id"], None, 0)
    made = await _run(office)

    listed = await office.get(path)

    assert (listed["total"], listed["webhook_id"]) == (3, webhook["webhook_id"])
    assert listed["event_datetime"] == "2026-05-25T12:00:00.000000"
    item = listed["items"][0]
    assert (item["webhook_id"], item["resource_id"]) == (webhook["webhook_id"], made["verification_id"])
    one = await office.get(f"{path}/{item['event_id']}")
    assert {name: one[name] for name in item} == item
    assert one["payload"]["event_id"] == item["event_id"]
    assert [attempt["response_status"] for attempt in one["attempts"]] == [200]
    assert "signature" not in str(one["attempts"])
    for query, total in (
        ("status=delivered", 3),
        ("status=dead", 0),
        ("event_type=verification", 3),
        ("event_type=agreement.viewed", 0),
        (f"search={made['verification_id'][-12:]}", 3),
        (f"search={item['event_id']}", 1),
        ("search=VERIF&size=2&page=2", 3),
        ("order_by=status%20desc", 3),
    ):
        assert (await office.get(f"{path}?{query}"))["total"] == total, query
    for query in ("status=lost", "event_type=x", "order_by=x", "size=0"):
        assert (await office.ask("GET", f"{path}?{query}")).status == 422
    for target in ("EVENT-1_2", "EVENT-1779710400000_" + "0" * 32):
        assert (await office.ask("GET", f"{path}/{target}")).status == 404


async def test_a_dead_event_switches_the_webhook_off_and_new_events_are_held_until_it_is_on(office: Office) -> None:
    webhook = await office.webhook()
    path = f"/webhooks/{webhook['webhook_id']}"
    office.receiver.otherwise = BUSY
    dead = await office.start()
    await office.house.settle()
    for _ in range(9):
        await office.later(DAY_S * 1.1)
    assert len(office.receiver.got) == 10
    assert (await office.get(path))["service_status"] is False
    events = await office.get(f"{path}/events")
    assert [each["status"] for each in events["items"]] == ["dead"]

    old = await office.start()
    await office.later(8 * DAY_S)
    held = [await office.start() for _ in range(3)]
    await office.house.settle()
    events = await office.get(f"{path}/events?status=held")
    assert events["total"] == 4
    assert len(office.receiver.got) == 10

    office.receiver.otherwise = Answer()
    await office.ask("PUT", path, {"service_status": True})
    await office.house.settle()

    sent = _in_order(office.receiver.got[10:])
    assert [body["data"]["verification_id"] for body in sent] == [each["verification_id"] for each in held]
    assert [body["sequence"] for body in sent] == [2, 3, 4]

    recovery = await office.ask("POST", f"{path}/recover", {"since": 0})
    assert (recovery.status, list(recovery.json())) == (202, ["webhook_id", "job_id"])
    await office.house.settle()
    late = {got.json()["data"]["verification_id"] for got in office.receiver.got[13:]}
    assert late == {dead["verification_id"], old["verification_id"]}
    assert (await office.get(f"{path}/events?status=delivered"))["total"] == 5


async def test_410_switches_off_at_once(one_engine: Office) -> None:
    webhook = await one_engine.webhook()
    one_engine.receiver.answers.append(Answer(status=410))

    await one_engine.start()
    await one_engine.house.settle()

    assert (await one_engine.get(f"/webhooks/{webhook['webhook_id']}"))["service_status"] is False


async def test_an_event_can_be_sent_again(office: Office) -> None:
    webhook = await office.webhook()
    await office.start()
    await office.house.settle()
    path = f"/webhooks/{webhook['webhook_id']}"
    (event,) = (await office.get(f"{path}/events"))["items"]

    again = await office.ask("POST", f"{path}/events/{event['event_id']}/redeliver")

    assert (again.status, again.json()["status"]) == (200, "pending")
    await office.house.settle()
    first, second = office.receiver.got
    assert first.body == second.body
    await office.ask("PUT", path, {"service_status": False})
    refused = await office.ask("POST", f"{path}/events/{event['event_id']}/redeliver")
    assert (refused.status, refused.json()["error"]) == (409, 4003)


async def test_two_secrets_sign_for_a_day(one_engine: Office) -> None:
    webhook = await one_engine.webhook()

    rotated = (await one_engine.ask("POST", f"/webhooks/{webhook['webhook_id']}/secret")).json()

    assert rotated["signing_secret"] != webhook["signing_secret"]
    await one_engine.start()
    await one_engine.house.settle()
    got = one_engine.receiver.got[-1]
    for secret in (webhook["signing_secret"], rotated["signing_secret"]):
        Webhook(secret).verify(got.body, dict(got.headers))
    assert len(got.headers["webhook-signature"].split()) == 2
    await one_engine.later(DAY_S + 1)
    await one_engine.start()
    await one_engine.house.settle()
    assert len(one_engine.receiver.got[-1].headers["webhook-signature"].split()) == 1


async def test_a_test_is_marked_and_answered_with_its_attempt(office: Office) -> None:
    webhook = await office.webhook(event_types=["verification"])
    path = f"/webhooks/{webhook['webhook_id']}"

    for type_ in ("verification", "agreement.viewed", "agreement.signed", "agreement.completed"):
        reply = (await office.ask("POST", f"{path}/test", {"event_type": type_})).json()

        assert (reply["status"], reply["event_type"]) == ("delivered", type_)
        assert [attempt["response_status"] for attempt in reply["attempts"]] == [200]
        sent = office.receiver.got[-1].json()
        assert (sent["test"], sent["event_type"]) == (True, type_)
    assert (await office.ask("POST", f"{path}/test", {"event_type": "x"})).status == 422


async def test_what_was_erased_is_not_sent_again(office: Office) -> None:
    webhook = await office.webhook()
    made = await office.start(verification_metadata={"who": "Marker7"})
    await office.house.settle()
    assert b"Marker7" in office.receiver.got[0].body
    path = f"/webhooks/{webhook['webhook_id']}/events"
    (event,) = (await office.get(path))["items"]

    await office.ask("DELETE", f"/verifications/{made['verification_id']}")

    assert (await office.get(f"{path}/{event['event_id']}"))["payload"] is None
    await office.ask("POST", f"{path}/{event['event_id']}/redeliver")
    await office.house.settle()
    assert b"Marker7" not in office.receiver.got[-1].body
    assert len((await office.get(path))["items"]) == 1  # deleting is no event of a webhook


async def test_organizations_do_not_hear_of_each_other(office: Office) -> None:
    await office.webhook()
    stranger = await office.house.organization()
    await office.house.write(stranger.production, make_verification)
    await office.house.settle()

    assert office.receiver.got == []
