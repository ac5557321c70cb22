"""The state machine under any order of calls, reports and sweeps: invariants hold, words are the documented ones, nothing
goes backwards. Acceptance lines 8, 9."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.products.harbour_agreements.office import CRIMINAL, DRUG, IDENTITY, MOTOR_VEHICLE, Office
from tests.products.harbour_agreements.things import EXAMPLE_ID

from harbor.kernel.errors import Missing
from harbor.products.harbour_agreements.engine import activity, rules, service
from harbor.products.harbour_agreements.engine.rules import Taken
from harbor.products.harbour_agreements.providers.protocol import Update
from harbor.products.harbour_agreements.verifications import service as verifications
from harbor.products.harbour_agreements.verifications.model import (
    FINAL,
    MOVES,
    Result,
    Status,
    SubStatus,
    Subtype,
    Tier,
    Type,
    Verification,
)

NOW = datetime(2026, 5, 25, 12, tzinfo=UTC)
WORDS = {
    "status": {"started", "cancelled", "in_progress", "completed"},
    "result": {None, "pending", "verified", "rejected"},
    "sub_status": {None, "county_level_check", "national_level_check"},
    "verification_type": {IDENTITY, DRUG, CRIMINAL, MOTOR_VEHICLE},
    "verification_subtype": {None, *Subtype},
    "verification_tier": {None, *Tier},
}
RANK = {"started": 0, "in_progress": 1, "cancelled": 2, "completed": 2}


def check_invariants(shown: dict[str, Any]) -> None:
    """The conditions of docs/products/harbour.md#invariants on one shown verification."""
    for key, words in WORDS.items():
        assert shown[key] in words, (key, shown[key])
    status, type_ = shown["status"], shown["verification_type"]
    assert (shown["result"] is None) == (status in ("started", "cancelled"))
    assert (shown["result"] == "pending") == (status == "in_progress")
    if shown["sub_status"] is not None:
        assert (type_, status) == (CRIMINAL, "in_progress")
    assert (shown["verification_tier"] is not None) == (type_ in (CRIMINAL, DRUG))
    assert status not in ("started", "cancelled") or type_ in (IDENTITY, DRUG)
    assert (shown["submitted_at"] is not None) == (status in ("in_progress", "completed"))
    assert shown["last_status_at"] is None or shown["last_status_at"] >= shown["created_at"]
    assert shown["updated_at"] >= shown["created_at"]


updates = st.builds(
    Update,
    update_id=st.sampled_from([f"u{number}" for number in range(6)]),
    reference=st.just("r"),
    status=st.sampled_from(Status),
    result=st.sampled_from([None, *Result]),
    sub_status=st.sampled_from([None, *SubStatus]),
    occurred_at=st.just(NOW),
    activity=st.lists(st.sampled_from(sorted(activity.LABELS)), max_size=2),
    parts=st.dictionaries(
        st.sampled_from(Subtype),
        st.builds(
            Update,
            update_id=st.just("part"),
            reference=st.just("r"),
            status=st.sampled_from(Status),
            result=st.sampled_from([None, *Result]),
            sub_status=st.sampled_from([None, *SubStatus]),
            occurred_at=st.just(NOW),
        ),
        max_size=2,
    ),
)
acts = st.one_of(
    st.just("submit"),
    st.just("cancel"),
    st.just("settle"),
    st.just("redact"),
    st.just("advance"),
    st.integers(1, 4_000),
    updates,
)
beginnings = st.sampled_from(
    [(IDENTITY, None), (MOTOR_VEHICLE, None), (DRUG, "panel 7")] + [(CRIMINAL, tier) for tier in Tier if "tier" in tier]
)
outcomes = st.sampled_from(["Clear", "Reject", "Stuck", "Flaky", "Cancel", "County"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(beginning=beginnings, outcome=outcomes, steps=st.lists(acts, max_size=8))
def test_the_invariants_hold_after_any_interleaving(
    machine: Callable[[Any], Any], beginning: tuple[str, str | None], outcome: str, steps: list[Any]
) -> None:
    machine(lambda office: _walk(office, beginning, outcome, steps))


async def _walk(office: Office, beginning: tuple[str, str | None], outcome: str, steps: list[Any]) -> None:
    type_, tier = beginning
    more = {} if tier is None else {"verification_tier": tier}
    made = await office.start(type_, outcome=outcome, **more)
    ids = [
        item["verification_id"]
        for item in (await office.get("/verifications?search=" + made["organization_id"]))["items"]
    ]
    before = {id_: await office.get(f"/verifications/{id_}") for id_ in ids}
    for step in steps:
        await _act(office, made["verification_id"], step)
        for id_ in ids:
            now = await office.get(f"/verifications/{id_}")
            check_invariants(now)
            assert RANK[now["status"]] >= RANK[before[id_]["status"]], (step, before[id_]["status"], now["status"])
            assert now["updated_at"] >= before[id_]["updated_at"]
            if before[id_]["status"] in FINAL:
                assert (now["status"], now["result"]) == (before[id_]["status"], before[id_]["result"])
            before[id_] = now
        check = before[made["verification_id"]]
        parts = [
            before[id_]
            for id_ in ids
            if id_ != made["verification_id"] and before[id_]["verification_type"] == CRIMINAL
        ]
        mine = [
            part
            for part in parts
            if part["verification_details"].get("parent_verification_id") == check["verification_id"]
        ]
        if check["status"] == "completed" and mine:
            assert all(part["status"] == "completed" for part in mine)
            if any(part["result"] == "rejected" for part in mine):
                assert check["result"] == "rejected"
    assert (await office.ask("DELETE", f"/verifications/{made['verification_id']}")).status == 200


async def _act(office: Office, id_: str, step: Any) -> None:
    match step:
        case "submit" | "cancel" | "redact":
            assert (await office.ask("POST", f"/verifications/{id_}/{step}")).status in (200, 409, 503)
        case "advance":
            assert (await office.ask("POST", f"/sandbox/verifications/{id_}/advance")).status in (200, 409)
        case "settle":
            await office.house.settle()
        case int():
            await office.later(step)
        case _:
            # Ids of reports are the provider's, so those of another check are others.
            report = replace(step, update_id=f"{id_}/{step.update_id}")
            await office.write(lambda call: service.apply(call, id_, report))


def test_no_status_leads_back() -> None:
    for status, following in MOVES.items():
        for next_ in following:
            assert RANK[next_] > RANK[status]
            assert rules.way(next_, status) is None


@pytest.mark.parametrize(
    ("present", "wanted", "way"),
    [
        (Status.STARTED, Status.IN_PROGRESS, [Status.IN_PROGRESS]),
        (Status.STARTED, Status.COMPLETED, [Status.IN_PROGRESS, Status.COMPLETED]),
        (Status.IN_PROGRESS, Status.IN_PROGRESS, []),
        (Status.IN_PROGRESS, Status.CANCELLED, None),
        (Status.COMPLETED, Status.IN_PROGRESS, None),
        (Status.CANCELLED, Status.COMPLETED, None),
    ],
)
def test_the_ways_between_two_states(present: Status, wanted: Status, way: list[Status] | None) -> None:
    assert rules.way(present, wanted) == way


def test_a_level_is_never_left_for_the_one_before() -> None:
    county = _criminal(SubStatus.COUNTY)
    report = Update(
        update_id="u", reference="r", status=Status.IN_PROGRESS, sub_status=SubStatus.NATIONAL, occurred_at=NOW
    )

    assert rules.judge(county, report) is Taken.LATE
    assert rules.judge(_criminal(SubStatus.NATIONAL), replace(report, sub_status=SubStatus.COUNTY)) is Taken.APPLIED


async def test_a_report_counts_once_and_late_ones_are_noted(office: Office) -> None:
    made = await office.start(IDENTITY, outcome="Stuck")
    id_ = made["verification_id"]
    done = Update(
        update_id="done",
        reference="r",
        status=Status.COMPLETED,
        result=Result.REJECTED,
        occurred_at=NOW,
        activity=[activity.RETURNED],
    )
    early = replace(done, update_id="early", status=Status.IN_PROGRESS, result=None)
    broken = replace(done, update_id="broken", result=Result.PENDING)

    taken = [
        await office.write(lambda call, report=report: service.apply(call, id_, report))
        for report in (broken, done, done, early)
    ]

    assert taken == [Taken.IMPOSSIBLE, Taken.APPLIED, Taken.REPEATED, Taken.LATE]
    found = await office.now(made)
    assert (found["status"], found["result"]) == ("completed", "rejected")
    noted = await office.write(
        lambda call: call.tx.rows("SELECT update_id, outcome FROM harbour_provider_updates ORDER BY update_id")
    )
    assert {(row["update_id"], row["outcome"]) for row in noted} >= {
        ("broken", "impossible"),
        ("done", "applied"),
        ("early", "late"),
    }


async def test_a_report_about_a_deleted_check_is_dropped(one_engine: Office) -> None:
    made = await one_engine.start(IDENTITY, outcome="Stuck")
    await one_engine.ask("DELETE", f"/verifications/{made['verification_id']}")
    late = Update(update_id="u", reference="r", status=Status.COMPLETED, result=Result.VERIFIED, occurred_at=NOW)

    with pytest.raises(Missing):
        await one_engine.write(lambda call: service.apply(call, made["verification_id"], late))
    assert await one_engine.write(lambda call: verifications.was_deleted(call, made["verification_id"]))


async def test_changed_data_cancels_and_links_to_what_follows(one_engine: Office) -> None:
    made = await one_engine.start(IDENTITY)
    following = await one_engine.start(IDENTITY)
    id_ = made["verification_id"]

    await one_engine.write(
        lambda call: service.cancel(call, verifications.visible(call, id_), superseded_by=following["verification_id"])
    )

    found = await one_engine.now(made)
    assert found["status"] == "cancelled"
    assert found["verification_details"]["superseded_by"] == following["verification_id"]


async def test_two_reports_at_once_are_applied_one_after_the_other(office: Office) -> None:
    made = await office.start(IDENTITY, outcome="Stuck")
    id_ = made["verification_id"]
    one = Update(update_id="one", reference="r", status=Status.COMPLETED, result=Result.VERIFIED, occurred_at=NOW)
    other = replace(one, update_id="other", result=Result.REJECTED)

    taken = await asyncio.gather(
        *(office.write(lambda call, report=report: service.apply(call, id_, report)) for report in (one, other))
    )

    assert sorted(taken) == [Taken.APPLIED, Taken.LATE]
    assert (await office.now(made))["result"] == ("verified" if taken[0] is Taken.APPLIED else "rejected")


def _criminal(level: SubStatus) -> Verification:
    return Verification(
        id=EXAMPLE_ID,
        account_id="acc_1",
        parent_id=None,
        type=Type.CRIMINAL,
        subtype=None,
        tier=Tier.TIER_2,
        status=Status.IN_PROGRESS,
        result=Result.PENDING,
        sub_status=level,
        is_scan=False,
        provider="sandbox",
        provider_reference="r",
        catalogue_edition="guide-2.2",
        attempt=1,
        agreement_link_id=None,
        submission_id=None,
        consent_id=None,
        metadata={},
        latest_response=None,
        details={},
        created_at=NOW,
        updated_at=NOW,
        last_status_at=NOW,
        submitted_at=NOW,
        completed_at=None,
        redacted_at=None,
    )
