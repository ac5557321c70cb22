"""A verification as version 2.2 shows it: seventeen keys, in the documented order, all always there.

Source: docs/products/harbour.md#verifications.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from harbor.products.harbour_agreements.organizations.model import public_id
from harbor.products.harbour_agreements.verifications.model import Verification


class VerificationBody(TypedDict):
    """A verification as it is shown."""

    verification_id: str
    result: str | None
    status: str
    verification_type: str
    verification_subtype: str | None
    verification_tier: str | None
    is_scan: bool
    latest_response: dict[str, Any] | None
    verification_metadata: dict[str, Any]
    updated_at: datetime
    created_at: datetime
    agreement_link_id: str | None
    organization_id: str
    sub_status: str | None
    last_status_at: datetime | None
    submitted_at: datetime | None
    verification_details: dict[str, Any] | None


def show(verification: Verification) -> VerificationBody:
    """The fields of a verification."""
    return {
        "verification_id": verification.id,
        "result": verification.result.value if verification.result else None,
        "status": verification.status.value,
        "verification_type": verification.type.value,
        "verification_subtype": verification.subtype.value if verification.subtype else None,
        "verification_tier": verification.tier.value if verification.tier else None,
        "is_scan": verification.is_scan,
        "latest_response": None if verification.latest_response is None else dict(verification.latest_response),
        "verification_metadata": dict(verification.metadata),
        "updated_at": verification.updated_at,
        "created_at": verification.created_at,
        "agreement_link_id": verification.agreement_link_id,
        "organization_id": public_id(verification.account_id),
        "sub_status": verification.sub_status.value if verification.sub_status else None,
        "last_status_at": verification.last_status_at,
        "submitted_at": verification.submitted_at,
        "verification_details": dict(verification.details) or None,
    }
