"""Reading, deleting and redacting one verification. Acceptance line 11."""

from __future__ import annotations

from tests.products.harbour_agreements.office import (
    CONSENT,
    CRIMINAL,
    DRUG,
    IDENTITY,
    MOTOR_VEHICLE,
    Office,
    checked,
    pairs,
)

from harbor.kernel.jobs import queue as jobs
from harbor.products.harbour_agreements.engine import secrets
from harbor.products.harbour_agreements.engine import service as engine
from harbor.products.harbour_agreements.engine.jobs import RETENTION
from harbor.products.harbour_agreements.organizations import service as organizations
from harbor.products.harbour_agreements.organizations.model import Organization
from harbor.products.harbour_agreements.verifications import service as verifications
from harbor.products.harbour_agreements.verifications.model import Type

MARK = "Q7marker7Q"
TABLES = (
    "harbour_verifications",
    "harbour_verification_metadata",
    "harbour_applicants",
    "harbour_consents",
    "harbour_activity",
    "harbour_provider_updates",
    "harbour_polls",
)


async def test_a_caller_who_has_it_already_gets_304(one_engine: Office) -> None:
    made = await one_engine.start()
    path = f"/verifications/{made['verification_id']}"
    tag = (await one_engine.ask("GET", path)).headers["etag"]

    assert (await one_engine.ask("GET", path, headers={"if-none-match": tag})).status == 304
    other = await one_engine.ask("GET", path, headers={"if-none-match": tag, "harbour-version": "2.1"})
    assert other.status == 200

    await one_engine.submit(made)
    assert (await one_engine.ask("GET", path, headers={"if-none-match": tag})).status == 200


async def test_ids_of_any_length_that_never_were_are_missing(one_engine: Office) -> None:
    for id_ in ("VERIFICATION-123_2ef4c43", "VERIFICATION-168503811649_2e48122d4bf47d1b0f7d32e05b90c47", "x", "wb_1"):
        reply = await one_engine.ask("GET", f"/verification/{id_}")

        assert (reply.status, reply.json()["error"]) == (404, 4001), id_


async def test_a_deleted_verification_leaves_a_tombstone_and_nothing_of_the_person(office: Office) -> None:
    applicant = {"first_name": MARK, "last_name": "Reject", "email": f"{MARK}@example.com"}
    made = await office.start(CRIMINAL, applicant=applicant, verification_metadata={"who": MARK})
    await office.house.settle()
    path = f"/verification/{made['verification_id']}"

    reply = await office.ask("DELETE", path, {"ignored": True})

    assert reply.status == 200
    assert reply.json() == {"verification_id": made["verification_id"], "event_datetime": 1779710400000}
    assert type(reply.json()["event_datetime"]) is int
    for method in ("DELETE", "GET"):
        again = await office.ask(method, path)
        assert (again.status, again.json()["error"]) == (404, 4001)
    assert (await office.get(f"/verifications?search={MARK}"))["total"] == 0
    assert (await office.get("/verifications"))["total"] == 0
    for table in TABLES:
        rows = await office.write(lambda call, table=table: call.tx.rows(f"SELECT * FROM {table}"))
        assert rows == [], table
    stones = await office.write(lambda call: call.tx.rows("SELECT * FROM harbour_tombstones"))
    assert len(stones) == 3
    assert MARK not in str(stones)
    await office.house.settle()  # what is left of it in the queue does no harm


async def test_redaction_keeps_the_outcome_and_erases_the_person(office: Office) -> None:
    made = await office.start(IDENTITY, outcome="Mismatch", verification_metadata={"who": MARK})
    refused = await office.ask("POST", f"/verifications/{made['verification_id']}/redact")
    assert (refused.status, refused.json()["error"]) == (409, 4003)
    await office.submit(made)
    await office.house.settle()

    reply = await office.ask("POST", f"/verifications/{made['verification_id']}/redact")

    body = reply.json()
    assert (body["status"], body["result"]) == ("completed", "rejected")
    assert (body["verification_metadata"], body["latest_response"]) == ({}, None)
    assert body["verification_details"]["provider"] == "sandbox"
    assert "face_match" not in body["verification_details"]
    assert (await office.get(f"/verifications?search={MARK}"))["total"] == 0
    assert (await office.get(f"/verifications?{pairs(who=MARK)}"))["total"] == 0
    rows = await office.write(lambda call: call.tx.rows("SELECT * FROM harbour_applicants"))
    assert rows == []


async def test_what_an_organization_no_longer_keeps_is_redacted_by_the_sweep(office: Office) -> None:
    await office.write(
        lambda call: organizations.change(
            call,
            Organization(account_id=call.account_id, catalogue_edition="guide-2.2", retention_days={Type.DRUG: 90}),
        )
    )
    for type_ in (DRUG, IDENTITY):
        made = await office.start(type_, verification_metadata={"who": MARK})
        await office.submit(made)
    await office.house.settle()

    office.clock.advance(91 * 86_400)
    await _sweep(office)

    items = (await office.get("/verifications"))["items"]
    kept = {item["verification_type"]: item["verification_metadata"] for item in items}
    assert kept == {DRUG: {}, IDENTITY: {"who": MARK}}
    rows = await office.write(lambda call: call.tx.rows("SELECT * FROM harbour_applicants"))
    assert rows == []  # thirty days after completion


async def test_what_would_be_all_of_a_number_is_not_shown_and_consents_keep_to_the_rule_of_texts(
    one_engine: Office,
) -> None:
    applicant = {"first_name": "A", "last_name": "B", "email": "a@b.example", "licence_number": "A12"}
    made = await one_engine.start(MOTOR_VEHICLE, applicant=applicant)
    assert "A12" not in str(made)

    for consent in ({"signature_reference": "x" * 300}, {"text_hash": "\u202e"}):
        body = checked(MOTOR_VEHICLE, applicant=applicant, consent={**CONSENT, **consent})
        assert (await one_engine.ask("POST", "/verifications", body)).status == 422
    body = checked(MOTOR_VEHICLE, applicant={**applicant, "addresses": [{"\u202e": "x"}]})
    assert (await one_engine.ask("POST", "/verifications", body)).status == 422


async def test_the_numbers_of_the_applicant_are_sealed_and_go_thirty_days_after_the_end(office: Office) -> None:
    applicant = {
        "first_name": "A",
        "last_name": "B",
        "email": "a@b.example",
        "ssn": "987-65-4321",
        "licence_number": "D7788990",
    }
    made = await office.start(CRIMINAL, applicant=applicant)
    await office.house.settle()

    details = (await office.now(made))["verification_details"]
    assert (details["ssn_last4"], details["licence_number_last4"]) == ("4321", "8990")
    tables = await office.write(
        lambda call: [call.tx.rows(f"SELECT * FROM {table}") for table in (*TABLES, "events", "audit", "jobs")]
    )
    assert "987-65" not in str(tables)
    assert "D7788990" not in str(tables)
    found = await office.write(
        lambda call: engine.applicant_of(call, verifications.visible(call, made["verification_id"]))
    )
    assert found is not None
    assert (found.ssn, found.licence_number) == ("987-65-4321", "D7788990")
    answers = await office.write(lambda call: secrets.answers_of(call, made["verification_id"]))
    assert "us_criminal_record_check_result" in answers[-1][1]

    async def kept() -> list[int]:
        names = ("harbour_applicant_secrets", "harbour_raw_answers")
        return await office.write(lambda call: [len(call.tx.rows(f"SELECT * FROM {name}")) for name in names])

    office.clock.advance(8 * 86_400)
    await _sweep(office)
    assert await kept() == [1, 0]
    office.clock.advance(23 * 86_400)
    await _sweep(office)
    assert await kept() == [0, 0]


async def _sweep(office: Office) -> None:
    await office.write(lambda call: jobs.enqueue(call.tx, "system", RETENTION, {}, job_id=call.new_id("job_")))
    await office.house.settle()
