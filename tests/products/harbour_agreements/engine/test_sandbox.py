"""The sandbox's table, the catalogue's tables, and the guide's activity log. Acceptance lines 8, 10."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.products.harbour_agreements.office import (
    CRIMINAL,
    DRUG,
    IDENTITY,
    MOTOR_VEHICLE,
    Office,
    checked,
    open_office,
)

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.products.harbour_agreements.organizations import service as organizations
from harbor.products.harbour_agreements.organizations.model import Organization
from harbor.products.harbour_agreements.verifications import catalogue
from harbor.products.harbour_agreements.verifications.model import Subtype, Tier

TYPES = (IDENTITY, DRUG, CRIMINAL, MOTOR_VEHICLE)
# Outcome, and the reasons of each type that it rejects.
REJECTING = {
    "Reject": {
        IDENTITY: "document_not_genuine",
        DRUG: "drug_positive",
        CRIMINAL: "ssn_not_found",
        MOTOR_VEHICLE: "licence_suspended",
    },
    "Positive": {DRUG: "drug_positive"},
    "County": {CRIMINAL: "county_record_found"},
    "Watchlist": {CRIMINAL: "watchlist_match"},
    "Expired": {IDENTITY: "document_expired", MOTOR_VEHICLE: "licence_expired"},
    "Mismatch": {IDENTITY: "face_mismatch"},
    "Clear": {},
    "Nobody": {},
}


async def _run(office: Office, type_: str, **more: Any) -> dict[str, Any]:
    made = await office.start(type_, **more)
    if made["status"] == "started":
        await office.submit(made)
    await office.house.settle()
    return await office.now(made)


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("outcome", REJECTING)
async def test_an_outcome_follows_from_the_table(one_engine: Office, type_: str, outcome: str) -> None:
    found = await _run(one_engine, type_, outcome=outcome)

    reason = REJECTING[outcome].get(type_)
    assert found["status"] == "completed"
    assert found["result"] == ("verified" if reason is None else "rejected")
    details = found["verification_details"]
    assert details["reasons"] == ([] if reason is None else [reason])
    assert (details["provider"], details["report_available"]) == ("sandbox", True)
    assert "SANDBOX" in details["watermark"]


async def test_the_last_name_counts_unless_metadata_says_otherwise(one_engine: Office) -> None:
    applicant = {"first_name": "A", "last_name": "rejECT", "email": "a@b.example"}

    assert (await _run(one_engine, IDENTITY, applicant=applicant))["result"] == "rejected"
    assert (await _run(one_engine, IDENTITY, applicant=applicant, outcome="clear"))["result"] == "verified"


async def test_cocaine_is_positive_and_the_rest_negative(one_engine: Office) -> None:
    found = await _run(one_engine, DRUG, outcome="Positive", verification_tier="panel_9")

    details = found["verification_details"]
    assert found["verification_tier"] == "panel 9"
    assert [each["drug"] for each in details["drugs"]] == catalogue.drugs_of(Tier.PANEL_9, "guide-2.2")
    assert [each["drug"] for each in details["drugs"] if each["outcome"] == "positive"] == ["cocaine"]
    assert (details["specimen"], details["medical_review"]) == ("urine", "done")


async def test_a_county_record_rejects_the_part_and_the_check(one_engine: Office) -> None:
    await _run(one_engine, CRIMINAL, outcome="County", verification_tier=Tier.TIER_3)

    items = (await one_engine.get("/verifications?order_by=verification_id"))["items"]
    assert [(item["verification_subtype"], item["result"], item["is_scan"]) for item in items] == [
        (None, "rejected", False),
        (Subtype.SSN_TRACE, "verified", True),
        (Subtype.CURRENT_ADDRESS, "rejected", False),
        (Subtype.SEVEN_YEARS, "verified", False),
    ]


async def test_a_cancelled_check_has_no_result(one_engine: Office) -> None:
    for type_ in (IDENTITY, DRUG):
        made = await one_engine.start(type_, outcome="Cancel")
        await one_engine.house.settle()
        found = await one_engine.now(made)
        assert (found["status"], found["result"], found["submitted_at"]) == ("cancelled", None, None)
        for act in ("submit", "cancel"):
            reply = await one_engine.ask("POST", f"/verifications/{made['verification_id']}/{act}")
            assert (reply.status, reply.json()["error"]) == (409, 4003)
    assert (await _run(one_engine, CRIMINAL, outcome="Cancel"))["status"] == "completed"


async def test_a_stuck_check_goes_on_when_it_is_advanced(office: Office) -> None:
    made = await office.start(CRIMINAL, outcome="Stuck")
    await office.later(7 * 86_400)
    assert (await office.now(made))["sub_status"] == "national_level_check"
    path = f"/sandbox/verifications/{made['verification_id']}/advance"

    first = (await office.ask("POST", path)).json()
    second = (await office.ask("POST", path)).json()

    assert (first["status"], first["sub_status"]) == ("in_progress", "county_level_check")
    assert (second["status"], second["result"], second["sub_status"]) == ("completed", "verified", None)
    assert (await office.ask("POST", path)).status == 409


async def test_a_flaky_check_is_asked_again_until_it_is_verified(office: Office) -> None:
    made = await office.start(MOTOR_VEHICLE, outcome="Flaky")
    await office.house.settle()
    assert (await office.now(made))["status"] == "in_progress"
    await office.later(61)
    await office.later(121)

    found = await office.now(made)
    assert (found["status"], found["result"]) == ("completed", "verified")
    words = [entry["status"] for entry in found["latest_response"]["activity_log"]]
    assert words.count("PROVIDER_ERROR") == words.count("PROVIDER_RETRY") == 2


async def test_a_provider_that_is_down_is_5002_and_nothing_is_left(office: Office) -> None:
    await office.webhook()

    reply = await office.ask("POST", "/verifications", checked(IDENTITY, outcome="Down"))

    assert (reply.status, reply.json()["error"]) == (503, 5002)
    assert int(reply.headers["retry-after"]) >= 1
    await office.later(120)
    assert (await office.get("/verifications"))["total"] == 0
    assert office.receiver.got == []
    told = await office.write(lambda call: call.tx.rows("SELECT type FROM events"))
    assert "harbour.verification.not_started" in {row["type"] for row in told}


async def test_the_activity_log_of_an_identity_check_is_the_guides(office: Office) -> None:
    found = await _run(office, IDENTITY)

    log = found["latest_response"]["activity_log"]
    assert [(entry["status"], entry["status_label"]) for entry in log] == [
        ("ONE_ID_BACKGROUND_CHECK_CREATED", "OneID - Background Check Created"),
        ("SUBMITTED", "Application submitted"),
        ("COMPLETE", "Application completely returned"),
        ("COMPLETE", "Application completely returned"),
        ("ONE_ID_BACKGROUND_CHECK_RETURNED", "OneID - Background Check Returned"),
    ]
    assert {tuple(entry) for entry in log} == {
        ("created", "date_label", "id", "modified", "status", "status_label", "time_label")
    }
    assert (log[0]["date_label"], log[0]["time_label"]) == ("2026-05-25", "12:00:PM")
    assert found["latest_response"]["account_association_links"] == []
    paged = await office.get(f"/verifications/{found['verification_id']}/activity?size=2&page=3")
    assert (paged["items"], paged["total"]) == (log[4:], 5)


async def test_labels_are_in_the_organizations_time_zone(one_engine: Office) -> None:
    await one_engine.write(
        lambda call: organizations.change(
            call,
            Organization(account_id=call.account_id, catalogue_edition="standard-5", time_zone="America/Los_Angeles"),
        )
    )

    found = await _run(one_engine, DRUG)

    assert found["latest_response"]["activity_log"][0]["time_label"] == "05:00:AM"
    assert found["verification_details"]["catalogue_edition"] == "standard-5"
    assert "marijuana" in {each["drug"] for each in found["verification_details"]["drugs"]}


@pytest.mark.parametrize(
    ("panel", "edition", "count"),
    [
        (Tier.PANEL_5, "guide-2.2", 4),
        (Tier.PANEL_7, "guide-2.2", 7),
        (Tier.PANEL_9, "guide-2.2", 9),
        (Tier.PANEL_10, "guide-2.2", 10),
        (Tier.PANEL_5, "standard-5", 5),
        (Tier.PANEL_10, "standard-5", 10),
    ],
)
def test_a_panel_tests_as_many_drugs_as_the_guide_ticks(panel: Tier, edition: str, count: int) -> None:
    assert len(catalogue.drugs_of(panel, edition)) == count


def test_each_drug_has_as_many_ticks_as_in_the_guide() -> None:
    ticks = {
        drug: sum(drug in catalogue.drugs_of(panel, "guide-2.2") for panel in catalogue.PANELS)
        for drug in catalogue.drugs_of(Tier.PANEL_10, "guide-2.2")
    }

    assert ticks == {
        "amphetamines": 4,
        "barbiturates": 3,
        "benzodiazepines": 3,
        "opiates": 4,
        "cocaine": 4,
        "marijuana": 3,
        "phencyclidine": 4,
        "propoxyphene": 2,
        "methadone": 2,
        "methaqualone": 1,
    }


def test_tiers_grow() -> None:
    assert [len(catalogue.services_of(tier)) for tier in catalogue.CRIMINAL_TIERS] == [4, 5, 6]
    assert [len(catalogue.parts_of(tier)) for tier in catalogue.CRIMINAL_TIERS] == [1, 2, 3]


async def test_the_catalogue_is_shown(one_engine: Office) -> None:
    body = await one_engine.get("/verification-catalogue")

    assert body["verification_types"] == [IDENTITY, CRIMINAL, MOTOR_VEHICLE, DRUG]
    assert [each["edition"] for each in body["editions"]] == ["guide-2.2", "standard-5"]


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ({"verification_type": "credit"}, "verification_type", "enum"),
        ({"verification_tier": None}, "verification_tier", "tier_mismatch"),
        ({"verification_tier": Tier.TIER_1}, "verification_tier", "tier_mismatch"),
        ({"verification_type": IDENTITY, "verification_tier": "panel 5"}, "verification_tier", "tier_mismatch"),
        ({"consent": None}, "consent", "consent_required"),
        ({"applicant": {"first_name": "A", "last_name": "B", "email": "no"}}, "applicant.email", "email"),
        (
            {"applicant": {"first_name": "A", "last_name": "B", "email": "a@b.example", "date_of_birth": "1.2.1990"}},
            "applicant.date_of_birth",
            "invalid_date_format",
        ),
        ({"provider": "nobody"}, "provider", "enum"),
        ({"agreement_link_id": "short"}, "agreement_link_id", "custom"),
        ({"verification_metadata": {"a b": 1}}, "verification_metadata.a b", "custom"),
        ({"verification_metadata": {"a": {}}}, "verification_metadata.a", "type"),
        ({"verification_metadata": {"a": "x" * 513}}, "verification_metadata.a", "too_long"),
        ({"verification_metadata": {f"k{n}": n for n in range(51)}}, "verification_metadata", "too_many"),
    ],
)
async def test_a_wish_that_cannot_be_is_refused(one_engine: Office, body: dict[str, Any], path: str, code: str) -> None:
    reply = await one_engine.ask("POST", "/verifications", {**checked(DRUG), **body})

    assert reply.status == 422, reply.body
    assert [(item["path"], item["code"]) for item in reply.json()["errors"]] == [(path, code)]


async def test_a_repeated_key_gives_the_same_check(office: Office) -> None:
    headers = {"idempotency-key": "once"}

    replies = [await office.ask("POST", "/verifications", checked(IDENTITY), headers=headers) for _ in range(2)]

    assert replies[0].body == replies[1].body
    assert (await office.get("/verifications"))["total"] == 1
    other = await office.ask("POST", "/verifications", checked(DRUG), headers=headers)
    assert (other.status, other.json()["error"]) == (409, 4003)


async def test_a_check_can_begin_submitted(one_engine: Office) -> None:
    made = await one_engine.start(IDENTITY, submit=True)

    assert (made["status"], made["result"], made["submitted_at"]) == ("in_progress", "pending", made["created_at"])


async def test_reports_come_at_the_pace_of_the_sandbox(
    sqlite_database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    async with open_office(sqlite_database, clock, tmp_path, step_delay_ms=2_000) as office:
        made = await office.start(CRIMINAL)
        await office.house.settle()
        seen = []
        for _ in range(3):
            found = await office.now(made)
            seen.append((found["status"], found["sub_status"]))
            await office.later(2)

        # The first question finds its answer at once, the next ones after the pause.
        assert seen == [
            ("in_progress", "county_level_check"),
            ("completed", None),
            ("completed", None),
        ]
