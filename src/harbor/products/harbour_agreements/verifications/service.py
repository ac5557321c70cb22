"""What a caller may do with verifications, and what follows from it. Starting and moving them is the engine's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.pages import Page, PageRequest
from harbor.products.harbour_agreements.ids import is_verification_id
from harbor.products.harbour_agreements.ordering import Order
from harbor.products.harbour_agreements.organizations.model import public_id
from harbor.products.harbour_agreements.refusals import not_found
from harbor.products.harbour_agreements.verifications import list_store, store
from harbor.products.harbour_agreements.verifications.model import Standing, Type, Verification, Wanted

PRODUCT = "harbour"
# What a search for one word also means: a published example calls completed checks accepted.
_SAME: dict[str, str] = {"accepted": "completed"}
# What came before the first state of a check.
NOTHING: dict[str, str | None] = {"status": None, "result": None, "sub_status": None}
# Between the fields of the searched text; no text may contain it, so nothing is found across two fields.
_SEPARATOR = "\x1f"


def visible(call: Call, verification_id: str) -> Verification:
    """A verification of the caller's organization; any other is missing."""
    found = store.find(call.tx, call.account_id, verification_id) if is_verification_id(verification_id) else None
    if found is None:
        raise not_found("verification", verification_id)
    return found


def present(call: Call, verification_id: str) -> Verification | None:
    """A verification if it is still there: for work done later."""
    return store.find(call.tx, call.account_id, verification_id)


def locked(call: Call, verification_id: str) -> Verification:
    """The same, and nobody else changes it until this call ends. A part is locked by its parent."""
    found = visible(call, verification_id)
    if found.parent_id is not None and store.lock(call.tx, call.account_id, found.parent_id) is None:
        raise not_found("verification", verification_id)
    present = store.lock(call.tx, call.account_id, verification_id)
    if present is None:
        raise not_found("verification", verification_id)
    return present


def listed(call: Call, wanted: Wanted, order: Order, page: PageRequest) -> Page[Verification]:
    """A page of the organization's verifications, checks and parts."""
    term = wanted.search.casefold() if wanted.search is not None else None
    return list_store.listed(
        call.tx, call.account_id, replace(wanted, search=_SAME.get(term, term) if term else None), order, page
    )


def parts(call: Call, verification: Verification) -> list[Verification]:
    """The parts of a criminal check."""
    return store.parts_of(call.tx, call.account_id, verification.id)


def by_reference(call: Call, provider: str, reference: str) -> Verification | None:
    """The check that a provider speaks of."""
    return store.by_reference(call.tx, call.account_id, provider, reference)


def was_deleted(call: Call, verification_id: str) -> bool:
    """Whether there was such a verification."""
    return store.is_tombstone(call.tx, call.account_id, verification_id)


def add(call: Call, made: Verification) -> Verification:
    """Write a new verification and tell of it."""
    store.insert(call.tx, call.account_id, made, search_text(made))
    _tell(call, "harbour.verification.created", made, previous=None)
    return made


def save(call: Call, before: Verification, after: Verification) -> Verification:
    """Write a changed verification; one event where status, result or sub-status changed. `updated_at` never goes back."""
    after = replace(after, updated_at=max(call.tx.now, before.updated_at))
    store.put(call.tx, call.account_id, after, search_text(after))
    if after.standing != before.standing:
        _tell(call, "harbour.verification.updated", after, previous=before.standing)
    return after


def delete(call: Call, verification: Verification) -> None:
    """Erase a verification with its parts: rows, search, kept bodies, what would still be sent. A tombstone stays."""
    for each in (verification, *store.parts_of(call.tx, call.account_id, verification.id)):
        store.delete(call.tx, call.account_id, each, call.principal.actor)
        call.emit(
            "harbour.verification.deleted",
            subject=each.id,
            data={"verification_id": each.id, "verification_type": each.type.value},
        )
        call.erase(PRODUCT, each.id)


def redact(call: Call, verification: Verification) -> Verification:
    """Erase what is personal of a verification and its parts; the outcome stays. Events are not sent again."""
    redacted = verification
    for each in (verification, *store.parts_of(call.tx, call.account_id, verification.id)):
        blank = replace(
            each,
            metadata={},
            latest_response=None,
            details=_kept_details(each.details),
            redacted_at=call.tx.now,
            updated_at=max(call.tx.now, each.updated_at),
        )
        store.put(call.tx, call.account_id, blank, search_text(blank))
        call.emit("harbour.verification.redacted", subject=each.id, data={"verification_id": each.id})
        call.erase(PRODUCT, each.id)
        if each.id == verification.id:
            redacted = blank
    return redacted


def outlived(call: Call, type_: Type, days: int, limit: int) -> list[Verification]:
    """Completed verifications of a type whose content was kept for so many days."""
    before_us = micros(call.tx.now - timedelta(days=days))
    return store.completed_before(call.tx, call.account_id, type_, before_us, limit)


def search_text(verification: Verification) -> str:
    """All that a search looks through, folded."""
    fields: Iterable[Any] = (
        verification.id,
        verification.agreement_link_id,
        public_id(verification.account_id),
        verification.type.value,
        verification.subtype,
        verification.tier,
        verification.status.value,
        verification.result,
        verification.sub_status,
        verification.provider_reference,
        *(_text(value) for value in verification.metadata.values()),
    )
    return _SEPARATOR.join(str(value) for value in fields if value is not None).casefold()


def _text(value: object) -> str | None:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else None if value is None else str(value)


# Of the details an outcome needs no person's content: who ran it, by which catalogue, how it is linked.
_DETAILS_KEPT = frozenset(
    {
        "provider",
        "provider_reference",
        "catalogue_edition",
        "consent_id",
        "parent_verification_id",
        "part_ids",
        "attempt",
        "superseded_by",
        "completed_at",
    }
)


def _kept_details(details: Any) -> dict[str, Any]:
    return {name: value for name, value in details.items() if name in _DETAILS_KEPT}


def _tell(call: Call, type_: str, verification: Verification, *, previous: Standing | None) -> None:
    call.emit(
        type_,
        subject=verification.id,
        data={
            "verification_id": verification.id,
            "verification_type": verification.type.value,
            **verification.standing.shown(),
            "previous": NOTHING if previous is None else previous.shown(),
        },
    )
