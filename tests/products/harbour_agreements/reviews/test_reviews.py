"""Manual review: people decide, nobody about himself or a person he invited, and two where the organization wants it."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from typing import Any

import pytest
from tests.harness import Client
from tests.products.harbour_agreements.office import ADA, CRIMINAL, IDENTITY, MOTOR_VEHICLE, Office

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Denied
from harbor.kernel.identity import people
from harbor.kernel.identity.model import Principal
from harbor.kernel.identity.people_model import Role
from harbor.kernel.pages import PageRequest
from harbor.products.harbour_agreements.api_keys import service as api_keys
from harbor.products.harbour_agreements.engine import activity
from harbor.products.harbour_agreements.organizations import service as organizations
from harbor.products.harbour_agreements.organizations.model import Organization
from harbor.products.harbour_agreements.reviews import service
from harbor.products.harbour_agreements.reviews.model import Decision
from harbor.products.harbour_agreements.verifications import service as verifications

PDF = base64.b64encode(b"%PDF-1.7 a page").decode()
VERIFIED = Decision(result="verified")
REJECTED = Decision(result="rejected", reasons=["document_expired"])


async def _decide(office: Office, id_: str, **body: Any) -> Any:
    reply = await office.ask("POST", f"/verification/{id_}/decision", body)
    return reply.json() if reply.status == 200 else (reply.status, reply.json()["error"])


async def _as(office: Office, actor: str, act: Any) -> Any:
    """What `act(call)` gives when a person does it."""

    def run(call: Call) -> Any:
        call.principal = _person(call.principal, actor)
        return act(call)

    return await office.write(run)


def _person(principal: Principal, actor: str) -> Principal:
    return replace(principal, actor=actor)


async def test_a_check_waits_in_the_queue_until_somebody_decides(office: Office) -> None:
    made = await office.start(IDENTITY, provider="manual_review")
    assert (made["status"], await _decide(office, made["verification_id"], result="verified")) == (
        "started",
        (409, 4003),
    )
    await office.submit(made)
    await office.house.settle()
    id_ = made["verification_id"]

    def queue(call: Call) -> list[str]:
        return [found.id for found, _ in service.waiting(call, PageRequest(limit=10)).items]

    assert await office.write(queue) == [id_]
    added = await office.ask(
        "POST", f"/verifications/{id_}/evidence", {"name": "scan.pdf", "media_type": "application/pdf", "base64": PDF}
    )
    assert (added.status, added.json()["size"]) == (201, 15)
    found = await _decide(office, id_, result="rejected", reasons=["document_expired"], note="The year is past.")

    assert (found["status"], found["result"]) == ("completed", "rejected")
    assert found["verification_details"]["reasons"] == ["document_expired"]
    assert "The year" not in str(found)
    words = [entry["status"] for entry in (await office.get(f"/verifications/{id_}/activity"))["items"]]
    assert words == [
        activity.CREATED,
        activity.SUBMITTED,
        activity.REVIEW_OPENED,
        activity.REVIEW_DECIDED,
        activity.COMPLETE,
        activity.RETURNED,
    ]
    assert await office.write(queue) == []
    assert await _decide(office, id_, result="verified") == (409, 4003)
    await office.ask("DELETE", f"/verifications/{id_}")
    for table in ("harbour_reviews", "harbour_review_evidence"):
        assert await office.write(lambda call, table=table: call.tx.rows(f"SELECT * FROM {table}")) == []


async def test_a_criminal_check_goes_through_its_levels_and_takes_its_parts_along(one_engine: Office) -> None:
    made = await one_engine.start(CRIMINAL, provider="manual_review")
    id_ = made["verification_id"]
    assert (made["status"], made["sub_status"]) == ("in_progress", "national_level_check")

    county = await _decide(one_engine, id_, result="pending", sub_status="county_level_check")
    assert (county["result"], county["sub_status"]) == ("pending", "county_level_check")
    await _decide(one_engine, id_, result="verified")

    items = (await one_engine.get("/verifications"))["items"]
    assert {(item["status"], item["result"]) for item in items} == {("completed", "verified")}
    assert len(items) == 3


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({"result": "maybe"}, "result", "enum"),
        ({"result": "rejected"}, "reasons", "required"),
        ({"result": "pending"}, "sub_status", "enum"),
        ({"result": "verified", "sub_status": "county_level_check"}, "sub_status", "custom"),
        ({"result": "rejected", "reasons": ["<b>"]}, "reasons.0", "invalid_characters"),
    ],
)
async def test_what_is_no_decision_is_refused(one_engine: Office, body: dict[str, Any], path: str, code: str) -> None:
    made = await one_engine.start(MOTOR_VEHICLE, provider="manual_review")

    reply = await one_engine.ask("POST", f"/verifications/{made['verification_id']}/decision", body)

    item = reply.json()["errors"][0]
    assert (reply.status, item["path"], item["code"]) == (422, path, code)


async def test_other_providers_checks_are_not_decided_here_and_evidence_is_a_file(one_engine: Office) -> None:
    sandbox = await one_engine.start(MOTOR_VEHICLE)
    assert await _decide(one_engine, sandbox["verification_id"], result="verified") == (409, 4003)
    made = await one_engine.start(MOTOR_VEHICLE, provider="manual_review")
    path = f"/verifications/{made['verification_id']}/evidence"

    for more in ({"base64": "%%%"}, {"base64": ""}, {"media_type": "text/html"}, {"name": "a\\b"}):
        body = {"name": "a.pdf", "media_type": "application/pdf", "base64": PDF, **more}
        assert (await one_engine.ask("POST", path, body)).status == 422, more


async def test_two_people_have_to_come_to_the_same_where_the_organization_wants_it(office: Office) -> None:
    await office.write(
        lambda call: organizations.change(call, Organization(account_id=call.account_id, two_person_reviews=True))
    )
    made = await office.start(MOTOR_VEHICLE, provider="manual_review")

    async def decide(actor: str, decision: Decision) -> str:
        def act(call: Call) -> str:
            found = verifications.visible(call, made["verification_id"])
            return service.decide(call, found, decision).status.value

        return str(await _as(office, actor, act))

    assert await decide("ppl_a", VERIFIED) == "in_progress"
    with pytest.raises(Conflict, match="second person"):
        await decide("ppl_a", VERIFIED)
    assert await decide("ppl_b", REJECTED) == "in_progress"  # they differ: now his is the proposal
    assert await decide("ppl_a", REJECTED) == "completed"
    assert (await office.now(made))["result"] == "rejected"


async def test_whoever_has_a_key_is_not_a_second_person(one_engine: Office) -> None:
    office = one_engine
    await office.write(
        lambda call: organizations.change(call, Organization(account_id=call.account_id, two_person_reviews=True))
    )
    made = await office.start(MOTOR_VEHICLE, provider="manual_review")
    path = f"/verifications/{made['verification_id']}/decision"

    async def key_of(person: str) -> Client:
        key = await _as(office, person, lambda call: api_keys.create(call, name="Own", version="2.2").secret)
        return replace(office.client, headers={"x-api-key": key})

    first, again, other = await key_of("ppl_a"), await key_of("ppl_a"), await key_of("ppl_b")
    assert (await first.request("POST", path, {"result": "verified"})).json()["status"] == "in_progress"
    assert (await again.request("POST", path, {"result": "verified"})).status == 409
    with pytest.raises(Conflict, match="second person"):
        await _as(
            office,
            "ppl_a",
            lambda call: service.decide(call, verifications.visible(call, made["verification_id"]), VERIFIED),
        )
    assert (await other.request("POST", path, {"result": "verified"})).json()["status"] == "completed"


async def test_nobody_decides_about_himself_or_whom_he_invited_or_what_a_colleague_claimed(one_engine: Office) -> None:
    made = await one_engine.start(MOTOR_VEHICLE, provider="manual_review")
    id_, organization = made["verification_id"], one_engine.organization.id

    def himself(call: Call) -> str:
        return people.add(
            call.tx,
            call.new_id,
            organization_id=organization,
            email=ADA["email"].upper(),
            name="Ada",
            role=Role.MEMBER,
            password_hash=None,
        ).id

    ada = await one_engine.write(himself)
    with pytest.raises(Denied):
        await _as(one_engine, ada, lambda call: service.claim(call, verifications.visible(call, id_)))
    await one_engine.write(
        lambda call: call.tx.run("UPDATE harbour_verifications SET created_by = 'ppl_inviter' WHERE id = :id", id=id_)
    )
    with pytest.raises(Denied):
        await _as(
            one_engine, "ppl_inviter", lambda call: service.decide(call, verifications.visible(call, id_), VERIFIED)
        )

    await _as(one_engine, "ppl_b", lambda call: service.claim(call, verifications.visible(call, id_)))
    assert await _decide(one_engine, id_, result="verified") == (409, 4003)
    with pytest.raises(Conflict):
        await _as(one_engine, "ppl_c", lambda call: service.claim(call, verifications.visible(call, id_)))
    with pytest.raises(Conflict):
        await _as(one_engine, "ppl_c", lambda call: service.release(call, verifications.visible(call, id_)))
    await _as(one_engine, "ppl_b", lambda call: service.release(call, verifications.visible(call, id_)))
    await _as(one_engine, "ppl_b", lambda call: service.claim(call, verifications.visible(call, id_)))
    await _as(one_engine, "ppl_d", lambda call: service.release(call, verifications.visible(call, id_), is_admin=True))
    assert (await _decide(one_engine, id_, result="verified"))["result"] == "verified"


async def test_of_several_decisions_at_once_one_counts(office: Office) -> None:
    await office.webhook()
    made = await office.start(MOTOR_VEHICLE, provider="manual_review")
    callers = [await office.caller() for _ in range(4)]
    path = f"/verifications/{made['verification_id']}/decision"
    bodies = [{"result": "verified"}, {"result": "rejected", "reasons": ["odd"]}] * 2

    replies = await asyncio.gather(
        *(caller.request("POST", path, body) for caller, body in zip(callers, bodies, strict=True))
    )

    assert sorted(reply.status for reply in replies) == [200, 409, 409, 409]
    won = next(reply.json() for reply in replies if reply.status == 200)
    assert (await office.now(made))["result"] == won["result"]
    await office.house.settle()
    ends = [got.json()["data"]["status"] for got in office.receiver.got]
    assert sorted(ends) == ["completed", "in_progress"]
