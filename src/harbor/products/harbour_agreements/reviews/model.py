"""A review: who looks at a check, what was found, and who agreed. Source: docs/products/harbour.md#manual-review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from harbor.products.harbour_agreements.verifications.model import Type

REASONS_MAX: Final = 20
REASON_LENGTH_MAX: Final = 64
NOTE_LENGTH_MAX: Final = 2_000
EVIDENCE_MAX: Final = 20
EVIDENCE_BYTES_MAX: Final = 10 * 1_024**2
MEDIA_TYPES: Final = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})

# What a reviewer has looked at before deciding.
CHECKLISTS: Final[Mapping[Type, Sequence[tuple[str, str]]]] = {
    Type.IDENTITY: (
        ("document_genuine", "The document is genuine and has not expired."),
        ("face_matches", "The face is that of the document."),
        ("name_matches", "The name is that of the applicant."),
    ),
    Type.CRIMINAL: (
        ("trace_done", "The social security number was traced."),
        ("national_done", "The national services were searched, with aliases."),
        ("counties_done", "The counties of the tier were searched."),
    ),
    Type.MOTOR_VEHICLE: (
        ("licence_valid", "The licence is valid in its state."),
        ("record_read", "The record was read for entries that disqualify."),
    ),
    Type.DRUG: (
        ("custody_whole", "The chain of custody has no gap."),
        ("all_drugs_reported", "Each drug of the panel has a result."),
        ("medical_review", "A screen that was not negative had a medical review."),
    ),
}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody found: `verified` or `rejected`, short codes of reasons, and a note for colleagues."""

    result: str
    reasons: list[str] = msgspec.field(default_factory=list)
    note: str = ""
    checklist: list[str] = msgspec.field(default_factory=list)

    def agrees_with(self, other: Decision) -> bool:
        """Whether two people came to the same."""
        return self.result == other.result


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """How far people have come. Where two have to agree, the first one's decision is a proposal."""

    verification_id: str
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    proposed_by: str | None = None
    proposal: Decision | None = None
    decided_by: str | None = None
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A file beside a check."""

    id: str
    verification_id: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    blob_key: str
    added_by: str
    created_at: datetime
