"""What a test delivers: an event of the chosen type about nobody. Source: docs/products/harbour.md#webhooks."""

from __future__ import annotations

from typing import Any

from harbor.kernel.eventlog.model import Event
from harbor.products.harbour_agreements.moments import unix_ms
from harbor.products.harbour_agreements.organizations.model import public_id
from harbor.products.harbour_agreements.versions import VERSIONS
from harbor.products.harbour_agreements.webhooks.model import VERIFICATION

_ID = "VERIFICATION-0000000000000_00000000000000000000000000000000"
_SIGNER = {
    "signer_id": "SIGNER-TEST",
    "role": "signer",
    "name": "Test Signer",
    "email": "signer@example.com",
    "order": 1,
    "viewed_at": None,
    "signed_at": None,
}


def sample(type_: str, event: Event, version: str) -> dict[str, Any]:
    """The data of a test in a version."""
    if type_ == VERIFICATION:
        return {**VERSIONS.down(version, VERIFICATION, _verification(event)), "previous": _nothing()}
    at = unix_ms(event.created_at)
    data: dict[str, Any] = {
        "agreement_id": "AGREE-TEST",
        "agreement_link_id": "testTestTestTestTestt",
        "submission_id": "SUBMISSION-TEST",
        "title": "Test agreement",
        "status": "completed" if type_ == "agreement.completed" else "signing",
        "metadata": {},
        "signers": [_SIGNER],
        "verifications": [],
    }
    if type_ == "agreement.completed":
        return {**data, "completed_at": at, "document": None, "evidence": None}
    return {**data, "signer": _SIGNER}


def _nothing() -> dict[str, None]:
    return {"status": None, "result": None, "sub_status": None}


def _verification(event: Event) -> dict[str, Any]:
    at = unix_ms(event.created_at)
    return {
        "verification_id": _ID,
        "result": "verified",
        "status": "completed",
        "verification_type": "enhanced_identity_verification",
        "verification_subtype": None,
        "verification_tier": None,
        "is_scan": False,
        "latest_response": None,
        "verification_metadata": {},
        "updated_at": at,
        "created_at": at,
        "agreement_link_id": None,
        "organization_id": public_id(event.account_id),
        "sub_status": None,
        "last_status_at": at,
        "submitted_at": at,
        "verification_details": None,
    }
