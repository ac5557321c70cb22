"""A verification as the published example has it, put into the store with its own id and times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from harbor.kernel.call import Call
from harbor.products.harbour_agreements.engine import activity
from harbor.products.harbour_agreements.verifications import service
from harbor.products.harbour_agreements.verifications.model import Result, Status, Type, Verification

EXAMPLE_ID = "VERIFICATION-1683225191102_0a5cb9fddc90458e9c9496f12870609c"
_AT = datetime(2023, 5, 25, 18, 8, 36, tzinfo=UTC)
_ACTED = datetime(2023, 5, 4, 18, 33, tzinfo=UTC)
_WORDS = (activity.CREATED, activity.SUBMITTED, activity.COMPLETE, activity.COMPLETE, activity.RETURNED)


def make_verification(call: Call, **changes: Any) -> Verification:
    """A completed identity check."""
    log = [activity.entry("example", number, word, _ACTED).shown(UTC) for number, word in enumerate(_WORDS)]
    made = Verification(
        id=EXAMPLE_ID,
        account_id=call.account_id,
        parent_id=None,
        type=Type.IDENTITY,
        subtype=None,
        tier=None,
        status=Status.COMPLETED,
        result=Result.VERIFIED,
        sub_status=None,
        is_scan=False,
        provider="sandbox",
        provider_reference="sandbox-1",
        catalogue_edition="guide-2.2",
        attempt=1,
        agreement_link_id=None,
        submission_id=None,
        consent_id=None,
        metadata={"your_internal_user_id": 123},
        latest_response={"account_association_links": [], "activity_log": log},
        details={"provider": "sandbox", "reasons": []},
        created_at=_AT,
        updated_at=_AT,
        last_status_at=_AT,
        submitted_at=_AT,
        completed_at=_AT,
        redacted_at=None,
    )
    return service.add(call, replace(made, **changes))


def numbered(index: int) -> str:
    """The id of the verification with this number."""
    return f"VERIFICATION-{1683225191102 + index}_{index:032x}"
