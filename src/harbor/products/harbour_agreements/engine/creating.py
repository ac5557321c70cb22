"""How a check begins: announced, taken by its provider, then written with its parts, its consent and its applicant.

Source: docs/products/harbour.md#engine, #start.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Unavailable
from harbor.kernel.jobs import queue as jobs
from harbor.products.harbour_agreements import ids
from harbor.products.harbour_agreements.engine import breaker, journal, secrets, service, store
from harbor.products.harbour_agreements.engine.model import Opened
from harbor.products.harbour_agreements.engine.rules import Taken
from harbor.products.harbour_agreements.providers.protocol import Started, Update
from harbor.products.harbour_agreements.verifications import catalogue
from harbor.products.harbour_agreements.verifications import service as verifications
from harbor.products.harbour_agreements.verifications.model import (
    FINAL,
    Result,
    Status,
    Subtype,
    Tier,
    Type,
    Verification,
)

UNFINISHED = "harbour.verification.unfinished"
START_S_MAX = 60


def begin(call: Call, opened: Opened) -> Opened:
    """Before the provider is asked. A job is left that tells of a check nobody came back for; it holds ids only.

    Raises `Unavailable` while the provider is left alone.
    """
    breaker.check(call, opened.provider)
    jobs.enqueue(
        call.tx,
        call.account_id,
        UNFINISHED,
        {"verification_id": opened.order.verification_id, "provider": opened.provider.key},
        job_id=call.new_id("job_"),
        due_at=call.tx.now + timedelta(seconds=START_S_MAX),
    )
    return opened


def create(call: Call, opened: Opened, started: Started, submitted: Update | None = None) -> Verification:
    """The check and its parts, after a provider took it; its consent, its applicant, its first reports.

    Raises `Unavailable` where the provider names it as another check: one person would get the other's result.
    """
    if verifications.by_reference(call, opened.provider.key, started.reference) is not None:
        raise Unavailable("The provider gave the check the reference of another one.", code="provider_unavailable")
    check = _create(call, opened, started.reference, _first(started.update))
    breaker.succeeded(call, opened.provider)
    for report in (started.update, submitted):
        if report is not None and (report is not started.update or report.status in FINAL):
            service.apply(call, check.id, report)
    return verifications.visible(call, check.id)


def _first(update: Update) -> Update:
    """The report that a row is made of; a provider that ends at once is heard in two steps."""
    if update.status not in FINAL:
        return update
    status = Status.IN_PROGRESS if update.status is Status.COMPLETED else Status.STARTED
    return replace(update, update_id=f"{update.update_id}/taken", status=status, result=None, activity=(), parts={})


def _create(call: Call, opened: Opened, reference: str, first: Update) -> Verification:
    order, now = opened.order, call.tx.now
    consent_id = call.new_id("cns_")
    is_submitted = first.status is not Status.STARTED
    subtypes = catalogue.parts_of(order.tier) if order.type is Type.CRIMINAL and order.tier is not None else []
    part_ids = {subtype: ids.verification_id(call.new_id("vrf_")) for subtype in subtypes}
    blank = Verification(
        id=order.verification_id,
        account_id=call.account_id,
        parent_id=None,
        type=order.type,
        subtype=None,
        tier=order.tier,
        status=Status.IN_PROGRESS if is_submitted else Status.STARTED,
        result=Result.PENDING if is_submitted else None,
        sub_status=first.sub_status,
        is_scan=order.tier is Tier.TIER_1,
        provider=opened.provider.key,
        provider_reference=reference,
        catalogue_edition=order.edition,
        attempt=order.attempt,
        agreement_link_id=opened.agreement_link_id,
        submission_id=opened.submission_id,
        consent_id=consent_id,
        metadata=order.metadata,
        latest_response=None,
        details={},
        created_at=now,
        updated_at=now,
        last_status_at=now,
        submitted_at=now if is_submitted else None,
        completed_at=None,
        redacted_at=None,
        created_by=call.principal.actor,
    )
    blank = replace(blank, details=_common_details(blank, opened, list(part_ids.values())))
    journal.write(call, blank.id, first.activity)
    check = verifications.add(call, replace(blank, latest_response=journal.response(call, blank.id, first.raw)))
    for subtype, part_id in part_ids.items():
        report = first.parts.get(subtype)
        part = replace(
            blank,
            id=part_id,
            parent_id=blank.id,
            subtype=subtype,
            sub_status=report.sub_status if report else None,
            is_scan=subtype is Subtype.SSN_TRACE,
            details={**_common_details(blank, opened, []), "parent_verification_id": blank.id},
        )
        verifications.add(call, part)
    store.insert_consent(call.tx, call.account_id, _consent(opened, consent_id))
    store.insert_applicant(call.tx, call.account_id, check.id, opened.applicant)
    secrets.keep_applicant(call, check.id, opened.applicant)
    secrets.keep_answer(call, check.id, first.update_id, first.raw)
    service.note(call, check, first, Taken.APPLIED)
    service.follow(call, check.id)
    return check


def _common_details(blank: Verification, opened: Opened, part_ids: list[str]) -> dict[str, Any]:
    applicant = opened.applicant
    numbers = {"ssn_last4": applicant.ssn, "licence_number_last4": applicant.licence_number}
    return {
        "provider": blank.provider,
        "provider_reference": blank.provider_reference,
        "catalogue_edition": blank.catalogue_edition,
        "consent_id": blank.consent_id,
        "parent_verification_id": None,
        "part_ids": part_ids,
        "attempt": blank.attempt,
        "reasons": [],
        "completed_at": None,
        "report_available": False,
        # Of a number so short that they would be all of it, nothing is shown.
        **{name: number[-4:] for name, number in numbers.items() if number and len(number) > 4},
    }


def _consent(opened: Opened, consent_id: str) -> store.Consent:
    given = opened.consent
    return store.Consent(
        id=consent_id,
        verification_id=opened.order.verification_id,
        text_version=given.text_version,
        language=given.language,
        text_hash=given.text_hash,
        accepted_at=given.accepted_at,
        ip=given.ip,
        user_agent=given.user_agent,
        signature_reference=given.signature_reference,
    )
