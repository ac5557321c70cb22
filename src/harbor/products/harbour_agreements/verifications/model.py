"""A verification: one check of a person, its states, and the moves between them.

Source: docs/products/harbour.md#verifications, #states, #invariants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class Type(StrEnum):
    """What is checked."""

    IDENTITY = "enhanced_identity_verification"
    CRIMINAL = "us_criminal_record_check"
    MOTOR_VEHICLE = "motor_vehicle_record"
    DRUG = "panel_drug"


class Subtype(StrEnum):
    """The part of a criminal check that a row stands for."""

    CURRENT_ADDRESS = "single_state_county_record_check_result"
    SEVEN_YEARS = "all_state_county_record_check_result"
    SSN_TRACE = "ssn_id_document_reports"


class Tier(StrEnum):
    """How much of a criminal check or of a drug test is done."""

    TIER_1 = "request_us_criminal_record_check_tier_1"
    TIER_2 = "request_us_criminal_record_check_tier_2"
    TIER_3 = "request_us_criminal_record_check_tier_3"
    PANEL_5 = "panel 5"
    PANEL_7 = "panel 7"
    PANEL_9 = "panel 9"
    PANEL_10 = "panel 10"


class Status(StrEnum):
    """Where a check stands. The last two are final."""

    STARTED = "started"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Result(StrEnum):
    """What a check came to; `pending` while it is in progress."""

    PENDING = "pending"
    VERIFIED = "verified"
    REJECTED = "rejected"


class SubStatus(StrEnum):
    """At which level a criminal check is."""

    NATIONAL = "national_level_check"
    COUNTY = "county_level_check"


# Only these begin before they are submitted, and can be cancelled. [guide: status enums]
STARTABLE: Final = frozenset({Type.IDENTITY, Type.DRUG})
MOVES: Final[Mapping[Status, frozenset[Status]]] = {
    Status.STARTED: frozenset({Status.IN_PROGRESS, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED}),
    Status.COMPLETED: frozenset(),
    Status.CANCELLED: frozenset(),
}
FINAL: Final = frozenset({Status.COMPLETED, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class Standing:
    """What one change of a check changes: each different standing is one webhook event."""

    status: Status
    result: Result | None
    sub_status: SubStatus | None

    def shown(self) -> dict[str, str | None]:
        """The three words, as `previous` of a webhook event has them."""
        return {"status": self.status, "result": self.result, "sub_status": self.sub_status}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """One row. `metadata`, `latest_response` and `details` may hold a person's content; `created_by` is who started it."""

    id: str
    account_id: str
    parent_id: str | None
    type: Type
    subtype: Subtype | None
    tier: Tier | None
    status: Status
    result: Result | None
    sub_status: SubStatus | None
    is_scan: bool
    provider: str
    provider_reference: str
    catalogue_edition: str
    attempt: int
    agreement_link_id: str | None
    submission_id: str | None
    consent_id: str | None
    metadata: Mapping[str, Any]
    latest_response: Mapping[str, Any] | None
    details: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    last_status_at: datetime | None
    submitted_at: datetime | None
    completed_at: datetime | None
    redacted_at: datetime | None
    created_by: str | None = None

    @property
    def standing(self) -> Standing:
        """Status, result and sub-status."""
        return Standing(self.status, self.result, self.sub_status)

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which verifications: canonical values by key, all of them; and a folded text that must occur."""

    metadata: Mapping[str, str] = field(default_factory=dict)
    search: str | None = None
