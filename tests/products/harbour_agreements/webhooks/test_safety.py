"""Where webhooks may lead, gaps in their sequence, and keys that appear nowhere. Acceptance lines 14, 15 and 20."""

from __future__ import annotations

from tests.products.harbour_agreements.office import Office
from tests.receiver import Answer

from harbor.products.harbour_agreements.webhooks import service
from harbor.products.harbour_agreements.webhooks.service import Changes


async def test_an_address_that_came_to_lead_inward_is_not_called(office: Office) -> None:
    # Saved when its host was public, as far as anybody could see: only the sending finds out.
    await office.write(
        lambda call: service.create(call, Changes(destination_url="https://10.1.2.3/hook"), version="2.2")
    )

    await office.start()
    await office.house.settle()

    webhook = (await office.get("/webhooks"))["items"][0]["webhook_id"]
    event = (await office.get(f"/webhooks/{webhook}/events"))["items"][0]
    assert (event["status"], event["attempt_count"]) == ("failed", 1)
    attempt = (await office.get(f"/webhooks/{webhook}/events/{event['event_id']}"))["attempts"][0]
    assert (attempt["response_status"], attempt["error"]) == (None, "blocked_address")


async def test_a_redirect_is_a_failure_and_not_followed(one_engine: Office) -> None:
    webhook = await one_engine.webhook("/first")
    moved = Answer(status=302, headers={"Location": one_engine.receiver.url("/second")})
    one_engine.receiver.answers.append(moved)

    await one_engine.start()
    await one_engine.house.settle()

    assert one_engine.receiver.at("/second") == []
    assert (await one_engine.get(f"/webhooks/{webhook['webhook_id']}/events"))["items"][0]["status"] == "failed"


async def test_tests_and_changes_are_counted_together_without_gaps(office: Office) -> None:
    webhook = await office.webhook()
    await office.start()
    await office.house.settle()
    for type_ in ("verification", "agreement.completed"):
        await office.ask("POST", f"/webhooks/{webhook['webhook_id']}/test", {"event_type": type_})
    await office.start()
    await office.house.settle()

    told = [(got.json()["sequence"], got.json()["test"]) for got in office.receiver.got]

    assert told == [(1, False), (2, True), (3, True), (4, False)]


async def test_a_key_is_kept_nowhere(office: Office) -> None:
    key = await office.key()
    caller = await office.caller()
    for headers in ({"x-api-key": key}, {"x-api-key": "", "authorization": f"Bearer {key}"}):
        await caller.request("GET", "/verifications", headers=headers)
        await caller.request("POST", f"/verifications?api_key={key}", {"applicant": key}, headers=headers)
    await office.house.settle()

    tables = ("credentials", "request_logs", "events", "audit", "idempotency", "jobs")
    found = await office.write(lambda call: [call.tx.rows(f"SELECT * FROM {table}") for table in tables])

    assert key not in str(found)
    assert key[-4:] in str(found[0])
