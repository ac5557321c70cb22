"""What happens to checks: created, submitted, moved by reports, cancelled, erased. Each in one transaction.

Everything goes through `apply`: it locks the row, judges the report, moves the parts and then the check, appends to the
activity log and tells. Source: docs/products/harbour.md#engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, HarborError, Unavailable
from harbor.kernel.jobs import queue as jobs
from harbor.products.harbour_agreements.engine import activity, journal, rules, secrets, secrets_store, store
from harbor.products.harbour_agreements.engine.redaction import redacted
from harbor.products.harbour_agreements.engine.rules import Taken
from harbor.products.harbour_agreements.organizations import service as organizations
from harbor.products.harbour_agreements.providers.protocol import (
    Applicant,
    Followed,
    Order,
    Provider,
    ProviderDown,
    ProviderError,
    Update,
)
from harbor.products.harbour_agreements.providers.registry import Providers
from harbor.products.harbour_agreements.refusals import Problem, invalid
from harbor.products.harbour_agreements.verifications import service as verifications
from harbor.products.harbour_agreements.verifications.model import (
    Status,
    Verification,
)

FOLLOW = "harbour.verification.follow"
WITHDRAW = "harbour.verification.withdraw"


def followed(call: Call, verification: Verification) -> Followed:
    """A check as its provider is asked for it."""
    poll = store.poll(call.tx, call.account_id, verification.id)
    return Followed(
        order=Order(
            verification_id=verification.id,
            account_id=call.account_id,
            type=verification.type,
            tier=verification.tier,
            edition=verification.catalogue_edition,
            attempt=verification.attempt,
            metadata=verification.metadata,
        ),
        applicant=applicant_of(call, verification),
        reference=verification.provider_reference,
        last_update_id=poll.last_update_id,
        failures=poll.failures,
        now=call.tx.now,
    )


def applicant_of(call: Call, verification: Verification) -> Applicant | None:
    """Who is checked, with the numbers that were given; None once erased."""
    found = store.applicant(call.tx, call.account_id, verification.id)
    return secrets.with_numbers(call, verification.id, found)


def running(call: Call, providers: Providers, verification: Verification) -> Provider:
    """What runs a check. Raises `Unavailable` where nobody knows it any more."""
    provider = providers.find(call, verification.provider)
    if provider is None:
        raise Unavailable(f"There is no provider {verification.provider} any more.", code="provider_unavailable")
    return provider


def waiting(call: Call, verification: Verification) -> Verification:
    """The check, locked, if it still waits for its submission. Raises `Conflict`."""
    present = verifications.locked(call, verification.id)
    if present.status is not Status.STARTED:
        raise Conflict(
            f"Verification {present.id} is {present.status}; only a started one can be submitted or cancelled."
        )
    return present


def apply(call: Call, verification_id: str, update: Update) -> Taken:
    """Take a report of a provider: once, forwards only. What is not taken is noted and changes nothing."""
    present = verifications.locked(call, verification_id)
    assert present.parent_id is None, "reports are about checks; those of parts come inside"
    taken = rules.judge(present, update)
    if not note(call, present, update, taken):
        return Taken.REPEATED
    if taken is not Taken.APPLIED:
        return taken
    secrets.keep_answer(call, present.id, update.update_id, update.raw)
    parts = _move_parts(call, present, update)
    journal.write(call, present.id, update.activity, at=update.occurred_at)
    rows = rules.moved(present, update, parts, call.tx.now)
    details = {**present.details, **update.details}
    if update.status is Status.COMPLETED:
        details |= {"completed_at": call.tx.now_us // 1_000, "report_available": True}
    response = journal.response(call, present.id, update.raw or journal.block_of(present))
    before = present
    for row in rows:
        before = verifications.save(call, before, replace(row, details=details, latest_response=response))
    if before.status is Status.COMPLETED:
        _end_applicant(call, before.id)
    return Taken.APPLIED


def cancel(call: Call, verification: Verification, *, superseded_by: str | None = None) -> Verification:
    """Give up a check before its submission: by its owner, or because the person's data changed. Raises `Conflict`."""
    present = waiting(call, verification)
    journal.write(call, present.id, [activity.CANCELLED])
    details = present.details if superseded_by is None else {**present.details, "superseded_by": superseded_by}
    row = rules.cancelled(present, call.tx.now)
    response = journal.response(call, present.id, journal.block_of(present))
    _end_applicant(call, present.id)
    return verifications.save(call, present, replace(row, details=details, latest_response=response))


def failed(call: Call, verification: Verification) -> int:
    """Note that a provider failed to say how a check stands; how often that was so in a row."""
    present = verifications.locked(call, verification.id)
    poll = store.poll(call.tx, call.account_id, present.id)
    store.put_poll(call.tx, call.account_id, present.id, replace(poll, failures=poll.failures + 1))
    journal.write(call, present.id, [activity.PROVIDER_ERROR, activity.PROVIDER_RETRY])
    response = journal.response(call, present.id, journal.block_of(present))
    verifications.save(call, present, replace(present, latest_response=response))
    return poll.failures + 1


def quiet(call: Call, verification: Verification) -> int:
    """Note that a provider had no news; how often that was so in a row."""
    poll = store.poll(call.tx, call.account_id, verification.id)
    store.put_poll(
        call.tx, call.account_id, verification.id, replace(poll, failures=0, quiet_polls=poll.quiet_polls + 1)
    )
    return poll.quiet_polls + 1


def follow(call: Call, verification_id: str, *, due_at: datetime | None = None) -> None:
    """Have a check followed from a moment on."""
    stamp = "now" if due_at is None else due_at.isoformat()
    jobs.enqueue(
        call.tx,
        call.account_id,
        FOLLOW,
        {"verification_id": verification_id},
        job_id=call.new_id("job_"),
        due_at=due_at,
        unique_key=f"{FOLLOW}:{verification_id}:{stamp}",
    )


def delete(call: Call, verification: Verification) -> None:
    """Erase a check with its parts; what its provider still does is stopped as far as that is possible."""
    present = verifications.locked(call, verification.id)
    for each in (present, *verifications.parts(call, present)):
        store.delete_all(call.tx, call.account_id, each.id)
    verifications.delete(call, present)
    if not present.is_final and present.parent_id is None:
        data = {"provider": present.provider, "reference": present.provider_reference}
        jobs.enqueue(call.tx, call.account_id, WITHDRAW, data, job_id=call.new_id("job_"))


def redact(call: Call, verification: Verification) -> Verification:
    """Erase what is personal now; the outcome stays. Raises `Conflict` for a check that still runs."""
    present = verifications.locked(call, verification.id)
    if not present.is_final:
        raise Conflict(f"Verification {present.id} is {present.status}; it can be redacted when it has ended.")
    if present.parent_id is not None:
        raise invalid(Problem("verification_id", "custom", f"A part is redacted with its check {present.parent_id}."))
    store.erase_personal(call.tx, call.account_id, present.id)
    return verifications.redact(call, present)


def log_of(call: Call, verification: Verification) -> list[dict[str, str]]:
    """The activity log of a check, oldest first; of a part that of its check."""
    zone = organizations.of_account(call.tx, call.account_id).zone
    id_ = verification.parent_id or verification.id
    return [entry.shown(zone) for entry in store.entries(call.tx, call.account_id, id_)]


def refusal(error: ProviderDown | ProviderError) -> HarborError:
    """What the caller is told when a provider does not take a check: 503, and when to ask again."""
    after_s = error.retry_after_s if isinstance(error, ProviderDown) else 30.0
    return Unavailable(
        str(error) or "The provider does not answer.", code="provider_unavailable", retry_after_s=after_s
    )


def _end_applicant(call: Call, verification_id: str) -> None:
    store.end_applicant(call.tx, call.account_id, verification_id)
    secrets_store.end_applicant(call.tx, call.account_id, verification_id)


def _move_parts(call: Call, check: Verification, update: Update) -> Sequence[Verification]:
    """The parts after the report. What a completed report leaves open has the check's own result."""
    moved = []
    for part in verifications.parts(call, check):
        assert part.subtype is not None, part.id
        reports = [update.parts[part.subtype]] if part.subtype in update.parts else []
        if update.status is Status.COMPLETED:
            reports.append(replace(update, parts={}, details={}, raw={}))
        for report in reports:
            if rules.judge(part, report) is Taken.APPLIED:
                part = _move_part(call, part, report)
        moved.append(part)
    return moved


def _move_part(call: Call, part: Verification, report: Update) -> Verification:
    details, raw = {**part.details, **report.details}, report.raw or journal.block_of(part)
    response = {"account_association_links": [], "activity_log": [], **redacted(raw)} if raw else None
    for row in rules.moved(part, report, (), call.tx.now):
        part = verifications.save(call, part, replace(row, details=details, latest_response=response))
    return part


def note(call: Call, check: Verification, update: Update, taken: Taken) -> bool:
    """Note what became of a report; False if it was noted before."""
    is_new = store.insert_update(
        call.tx,
        call.account_id,
        provider=check.provider,
        update_id=update.update_id,
        verification_id=check.id,
        outcome=taken.value,
        occurred_at=update.occurred_at,
    )
    if is_new and taken is Taken.APPLIED:
        store.put_poll(call.tx, call.account_id, check.id, store.Poll(last_update_id=update.update_id))
    return is_new
