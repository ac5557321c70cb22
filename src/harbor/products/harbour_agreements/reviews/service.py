"""What people do with checks that they decide: claim, put evidence beside, propose, decide.

Nobody decides about a person he asked to be checked, nor about himself; where the organization wants it, two have to come to
the same. Source: docs/products/harbour.md#manual-review.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Final

from harbor.kernel.blobs import Blob
from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Denied
from harbor.kernel.identity import people_store as people
from harbor.kernel.identity import store as identity
from harbor.kernel.pages import Page, PageRequest
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements.engine import activity
from harbor.products.harbour_agreements.engine import service as engine
from harbor.products.harbour_agreements.organizations import service as organizations
from harbor.products.harbour_agreements.providers.protocol import MANUAL_REVIEW, Update
from harbor.products.harbour_agreements.refusals import Problem, invalid, not_found
from harbor.products.harbour_agreements.reviews import model, store
from harbor.products.harbour_agreements.reviews.model import Decision, Evidence, Review
from harbor.products.harbour_agreements.text import label, plain
from harbor.products.harbour_agreements.verifications import service as verifications
from harbor.products.harbour_agreements.verifications.model import Result, Status, SubStatus, Type, Verification

PENDING: Final = Result.PENDING.value


def waiting(call: Call, page: PageRequest) -> Page[tuple[Verification, Review]]:
    """The queue, the oldest first."""
    found = store.waiting(call.tx, call.account_id, MANUAL_REVIEW, page)
    items = [(verifications.visible(call, id_), store.find(call.tx, call.account_id, id_)) for id_ in found.items]
    return Page(items, more=found.more, total=found.total)


def of(call: Call, verification: Verification) -> Review:
    """The review of a check."""
    return store.find(call.tx, call.account_id, verification.id)


def claim(call: Call, verification: Verification) -> Review:
    """Take a check from the queue, so that no colleague begins with it. Raises `Conflict` if one did, `Denied`."""
    present = _open(call, verification)
    review = of(call, present)
    if review.claimed_by not in (None, call.principal.actor):
        raise Conflict(f"Verification {present.id} is being reviewed by somebody else.")
    claimed = replace(review, claimed_by=call.principal.actor, claimed_at=call.tx.now)
    store.put(call.tx, call.account_id, claimed)
    _tell(call, "harbour.review.claimed", present)
    return claimed


def release(call: Call, verification: Verification, *, is_admin: bool = False) -> Review:
    """Give a check back to the queue. An administrator may for somebody else, who may have left. Raises `Conflict`."""
    present = _open(call, verification)
    review = of(call, present)
    if review.claimed_by not in (None, call.principal.actor) and not is_admin:
        raise Conflict(f"Verification {present.id} is being reviewed by somebody else.")
    released = replace(review, claimed_by=None, claimed_at=None)
    store.put(call.tx, call.account_id, released)
    _tell(call, "harbour.review.released", present)
    return released


def attach(call: Call, verification: Verification, *, name: str, media_type: str, blob: Blob) -> Evidence:
    """Put a file, which is kept already, beside a check."""
    present = _open(call, verification)
    if len(store.evidence_of(call.tx, call.account_id, present.id)) >= model.EVIDENCE_MAX:
        raise Conflict(f"Verification {present.id} has {model.EVIDENCE_MAX} files, which is the most.")
    if media_type not in model.MEDIA_TYPES:
        known = ", ".join(sorted(model.MEDIA_TYPES))
        raise invalid(Problem("media_type", "enum", f"media_type is one of {known}.", media_type[:100]))
    evidence = Evidence(
        id=call.new_id("evd_"),
        verification_id=present.id,
        name=label(name, "name"),
        media_type=media_type,
        size_bytes=blob.size_bytes,
        sha256=blob.sha256,
        blob_key=blob.key,
        added_by=call.principal.actor,
        created_at=call.tx.now,
    )
    store.insert_evidence(call.tx, call.account_id, evidence)
    _tell(call, "harbour.review.evidence_added", present)
    return evidence


def evidence_of(call: Call, verification: Verification) -> Sequence[Evidence]:
    """The files beside a check."""
    return store.evidence_of(call.tx, call.account_id, verification.id)


def visible_evidence(call: Call, evidence_id: str) -> Evidence:
    """One file. Raises `Missing`."""
    found = store.find_evidence(call.tx, call.account_id, evidence_id)
    if found is None:
        raise not_found("evidence", evidence_id)
    return found


def decide(
    call: Call, verification: Verification, decision: Decision, *, sub_status: str | None = None
) -> Verification:
    """Say what a check came to, or with `pending` and a level how far it is.

    Where two have to agree, the first decision is a proposal, and one that differs from it replaces it. Raises `Conflict`
    for a check that is not to be decided here, `Denied` for whoever must not, `Invalid`.
    """
    present = _open(call, verification)
    checked = _checked(decision, present.type)
    review = of(call, present)
    if review.claimed_by not in (None, call.principal.actor):
        raise Conflict(f"Verification {present.id} is being reviewed by somebody else.")
    if checked.result == PENDING:
        return _on_its_way(call, present, sub_status)
    if sub_status is not None:
        raise invalid(Problem("sub_status", "custom", "sub_status goes with the result pending only."))
    if organizations.of_account(call.tx, call.account_id).two_person_reviews:
        if review.proposed_by and _person(call, review.proposed_by) == _person(call, call.principal.actor):
            raise Conflict(f"Verification {present.id} waits for a second person to decide it.")
        if review.proposal is None or not checked.agrees_with(review.proposal):
            proposed = replace(
                review, proposed_by=call.principal.actor, proposal=checked, claimed_by=None, claimed_at=None
            )
            store.put(call.tx, call.account_id, proposed)
            _tell(call, "harbour.review.proposed", present)
            return present
    store.put(call.tx, call.account_id, replace(review, decided_by=call.principal.actor, decision=checked))
    _tell(call, "harbour.review.decided", present)
    return _report(
        call,
        present,
        Update(
            update_id=f"{present.provider_reference}/decided",
            reference=present.provider_reference,
            status=Status.COMPLETED,
            result=Result(checked.result),
            occurred_at=call.tx.now,
            activity=(activity.REVIEW_DECIDED, activity.COMPLETE, activity.RETURNED),
            details={"reasons": checked.reasons},
            raw={"manual_review": {"result": checked.result, "reasons": checked.reasons}},
        ),
    )


def evidence_among(tx: Tx, account_id: str, keys: Set[str]) -> set[str]:
    """Which of some keys of blobs are evidence: for the sweep of blobs, which takes what nobody names."""
    return store.evidence_among(tx, account_id, keys)


def _open(call: Call, verification: Verification) -> Verification:
    """The check, locked, if the caller may decide about it now."""
    present = verifications.locked(call, verification.id)
    if present.provider != MANUAL_REVIEW or present.parent_id is not None:
        raise Conflict(f"Verification {present.id} is not decided by people here.")
    if present.status is not Status.IN_PROGRESS:
        raise Conflict(f"Verification {present.id} is {present.status}; only one in progress can be decided.")
    actor = _person(call, call.principal.actor)
    if actor.startswith("ppl_"):
        applicant = engine.applicant_of(call, present)
        person = people.find(call.tx, call.principal.organization_id, actor)
        is_himself = applicant is not None and person is not None and applicant.email.lower() == person.email.lower()
        if present.created_by == actor or is_himself:
            raise Denied("Somebody else has to review a person whom you invited, or yourself.")
    return present


def _person(call: Call, actor: str) -> str:
    """Who acts: for a key whoever made it, so that nobody is two people by having one."""
    key = identity.credential(call.tx, call.account_id, actor)
    return actor if key is None else key.created_by


def _on_its_way(call: Call, present: Verification, sub_status: str | None) -> Verification:
    levels = {SubStatus.NATIONAL.value, SubStatus.COUNTY.value}
    if present.type is not Type.CRIMINAL or sub_status not in levels:
        message = f"The result pending goes with a sub_status of a criminal check: {', '.join(sorted(levels))}."
        raise invalid(Problem("sub_status", "enum", message, sub_status))
    level = SubStatus(sub_status)
    words = (activity.NATIONAL_RETURNED, activity.COUNTY_STARTED) if level is SubStatus.COUNTY else ()
    return _report(
        call,
        present,
        Update(
            update_id=f"{present.provider_reference}/{level}",
            reference=present.provider_reference,
            status=Status.IN_PROGRESS,
            sub_status=level,
            occurred_at=call.tx.now,
            activity=words,
        ),
    )


def _report(call: Call, present: Verification, update: Update) -> Verification:
    engine.apply(call, present.id, update)
    return verifications.visible(call, present.id)


def _checked(decision: Decision, type_: Type) -> Decision:
    results = [Result.VERIFIED.value, Result.REJECTED.value]
    if decision.result not in (*results, PENDING):
        raise invalid(Problem("result", "enum", f"result is {' or '.join(results)}.", decision.result[:40]))
    if len(decision.reasons) > model.REASONS_MAX:
        raise invalid(Problem("reasons", "too_many", f"At most {model.REASONS_MAX} reasons fit."))
    if decision.result == Result.REJECTED and not decision.reasons:
        raise invalid(Problem("reasons", "required", "Whoever rejects says why: reasons needs a short code."))
    return Decision(
        result=decision.result,
        reasons=[
            label(reason, f"reasons.{index}", length_max=model.REASON_LENGTH_MAX)
            for index, reason in enumerate(decision.reasons)
        ],
        note=plain(decision.note, "note", length_max=model.NOTE_LENGTH_MAX),
        checklist=[item for item, _ in model.CHECKLISTS[type_] if item in decision.checklist],
    )


def _tell(call: Call, type_: str, verification: Verification) -> None:
    call.emit(type_, subject=verification.id, data={"verification_id": verification.id})
