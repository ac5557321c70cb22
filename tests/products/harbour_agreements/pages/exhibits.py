"""Something of Harbour for the examinations of every page of the console: what its paths name, in the account of a call."""

from __future__ import annotations

from tests.products.harbour_agreements.things import make_verification

from harbor.kernel.blobs import Blob
from harbor.kernel.call import Call
from harbor.products.harbour_agreements import ids
from harbor.products.harbour_agreements.api_keys import service as api_keys
from harbor.products.harbour_agreements.organizations import service as organizations
from harbor.products.harbour_agreements.organizations.model import Organization, zones
from harbor.products.harbour_agreements.providers.protocol import MANUAL_REVIEW
from harbor.products.harbour_agreements.reviews import service as reviews
from harbor.products.harbour_agreements.verifications.model import Result, Status
from harbor.products.harbour_agreements.webhooks import service as webhooks
from harbor.products.harbour_agreements.webhooks.service import Changes

zones()  # they are files, and a piece of work opens none


def parameters(call: Call, *, reviewer: str) -> dict[str, str]:
    """A check that waits for a decision, with a file; a webhook that was told of it; a key. `reviewer` may decide."""
    organizations.change(call, Organization(account_id=call.account_id, reviewers=[reviewer]))
    hook = webhooks.create(call, Changes(destination_url="https://example.com/harbour"), version="2.2").webhook
    found = make_verification(
        call,
        id=ids.verification_id(call.new_id("vrf_")),
        provider=MANUAL_REVIEW,
        provider_reference="review-1",
        status=Status.IN_PROGRESS,
        result=Result.PENDING,
        completed_at=None,
    )
    told = call.tx.row("SELECT id FROM events WHERE subject = :id ORDER BY id DESC", id=found.id)
    assert told is not None
    blob = Blob(key="0" * 32, size_bytes=1, sha256="0" * 64)
    evidence = reviews.attach(call, found, name="scan.pdf", media_type="application/pdf", blob=blob)
    return {
        "verification_id": found.id,
        "evidence_id": evidence.id,
        "hook_id": ids.webhook_id(hook.id),
        "told_id": ids.event_id(told["id"]),
        "api_key_id": api_keys.create(call, name="Reader", version="2.2").credential.id,
    }
