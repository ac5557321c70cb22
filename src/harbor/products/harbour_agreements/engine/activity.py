"""The activity log of a check: its words, their labels, and an entry as it is shown.

Source: docs/products/harbour.md#activity-log.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from harbor.products.harbour_agreements.moments import iso_z

CREATED: Final = "ONE_ID_BACKGROUND_CHECK_CREATED"
SUBMITTED: Final = "SUBMITTED"
COMPLETE: Final = "COMPLETE"
RETURNED: Final = "ONE_ID_BACKGROUND_CHECK_RETURNED"
STARTED: Final = "STARTED"
CANCELLED: Final = "CANCELLED"
NATIONAL_STARTED: Final = "NATIONAL_LEVEL_STARTED"
NATIONAL_RETURNED: Final = "NATIONAL_LEVEL_RETURNED"
COUNTY_STARTED: Final = "COUNTY_LEVEL_STARTED"
COUNTY_RETURNED: Final = "COUNTY_LEVEL_RETURNED"
SPECIMEN_COLLECTED: Final = "SPECIMEN_COLLECTED"
LAB_RECEIVED: Final = "LAB_RECEIVED"
MEDICAL_REVIEW: Final = "MEDICAL_REVIEW"
REVIEW_OPENED: Final = "MANUAL_REVIEW_OPENED"
REVIEW_DECIDED: Final = "MANUAL_REVIEW_DECIDED"
PROVIDER_ERROR: Final = "PROVIDER_ERROR"
PROVIDER_RETRY: Final = "PROVIDER_RETRY"

# The first four are the guide's, to the letter.
LABELS: Final[Mapping[str, str]] = {
    CREATED: "OneID - Background Check Created",
    SUBMITTED: "Application submitted",
    COMPLETE: "Application completely returned",
    RETURNED: "OneID - Background Check Returned",
    STARTED: "Check started",
    CANCELLED: "Check cancelled",
    NATIONAL_STARTED: "National level check started",
    NATIONAL_RETURNED: "National level check returned",
    COUNTY_STARTED: "County level check started",
    COUNTY_RETURNED: "County level check returned",
    SPECIMEN_COLLECTED: "Specimen collected",
    LAB_RECEIVED: "Specimen received by the laboratory",
    MEDICAL_REVIEW: "Medical review",
    REVIEW_OPENED: "Manual review opened",
    REVIEW_DECIDED: "Manual review decided",
    PROVIDER_ERROR: "Provider error",
    PROVIDER_RETRY: "Provider asked again",
}
_NAMESPACE = uuid.UUID("5f1f7c0e-9d54-4c66-8d5b-0d5c2f3a7b10")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    id: str
    status: str
    happened_at: datetime

    def shown(self, zone: tzinfo) -> dict[str, str]:
        """The documented keys; the labels in the organization's time zone, the hour with a colon before AM or PM."""
        local, moment = self.happened_at.astimezone(zone), iso_z(self.happened_at)
        return {
            "created": moment,
            "date_label": local.strftime("%Y-%m-%d"),
            "id": self.id,
            "modified": moment,
            "status": self.status,
            "status_label": LABELS[self.status],
            "time_label": local.strftime("%I:%M:%p"),
        }


def entry(verification_id: str, number: int, status: str, at: datetime) -> Entry:
    """The entry with this number; its id follows from the check and the number."""
    assert status in LABELS, status
    return Entry(str(uuid.uuid5(_NAMESPACE, f"{verification_id}/{number}")), status, at)
