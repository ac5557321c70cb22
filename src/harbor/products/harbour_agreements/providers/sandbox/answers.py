"""What a sandbox check says: the details in our words, and the block of its type in the vendor's.

Nobody's data is in it but invented ones. Source: docs/products/harbour.md#details, #latest-response.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from harbor.products.harbour_agreements.moments import iso_z, unix_ms
from harbor.products.harbour_agreements.providers.protocol import Applicant, Order
from harbor.products.harbour_agreements.providers.sandbox.outcomes import Outcome
from harbor.products.harbour_agreements.providers.sandbox.plan import part_result, result_of
from harbor.products.harbour_agreements.verifications import catalogue
from harbor.products.harbour_agreements.verifications.model import Result, Status, Subtype, Tier, Type

WATERMARK: Final = "SANDBOX - NOT A REAL REPORT"
_EXPIRY: Final = timedelta(days=1_000)
_REASONS: Final = {
    (Type.IDENTITY, Outcome.REJECT): "document_not_genuine",
    (Type.IDENTITY, Outcome.EXPIRED): "document_expired",
    (Type.IDENTITY, Outcome.MISMATCH): "face_mismatch",
    (Type.CRIMINAL, Outcome.REJECT): "ssn_not_found",
    (Type.CRIMINAL, Outcome.COUNTY): "county_record_found",
    (Type.CRIMINAL, Outcome.WATCHLIST): "watchlist_match",
    (Type.MOTOR_VEHICLE, Outcome.REJECT): "licence_suspended",
    (Type.MOTOR_VEHICLE, Outcome.EXPIRED): "licence_expired",
    (Type.DRUG, Outcome.REJECT): "drug_positive",
    (Type.DRUG, Outcome.POSITIVE): "drug_positive",
}
_COUNTY: Final = "Sample County"


def details_of(order: Order, outcome: Outcome, applicant: Applicant | None, now: datetime) -> dict[str, Any]:
    """`verification_details` of a completed check, besides what all have."""
    found: dict[str, Any] = {"reasons": reasons_of(order, outcome), "watermark": WATERMARK}
    match order.type:
        case Type.IDENTITY:
            found |= _identity(outcome, now)
        case Type.DRUG:
            found |= _drug(order, outcome, now)
        case Type.MOTOR_VEHICLE:
            found |= _motor_vehicle(outcome, applicant)
        case Type.CRIMINAL:
            found |= _criminal(order, outcome, now)
    return found


def reasons_of(order: Order, outcome: Outcome) -> list[str]:
    """Short codes that say why a check was rejected."""
    if result_of(order, outcome) is not Result.REJECTED:
        return []
    return [_REASONS[order.type, outcome]]


def block_of(order: Order, outcome: Outcome, status: Status, now: datetime) -> dict[str, Any]:
    """The vendor's block of the check's type, as far as it has come."""
    is_done = status is Status.COMPLETED
    result = result_of(order, outcome) if is_done else None
    head = {"status": "COMPLETE" if is_done else "PENDING", "result": _word(result)}
    match order.type:
        case Type.IDENTITY:
            return {
                "enhanced_identity_verification": {
                    "id": order.verification_id,
                    **head,
                    "reasons": reasons_of(order, outcome) if is_done else [],
                    "identity": {"name": None},
                    "document_type": "passport" if is_done else None,
                    "issuing_country": "US" if is_done else None,
                    "expiry_date": _expiry(outcome, now) if is_done else None,
                }
            }
        case Type.DRUG:
            return {
                "panel_drug_result": {
                    "panel": order.tier,
                    "specimen": catalogue.SPECIMEN,
                    **head,
                    "drugs": _drugs(order, outcome) if is_done else [],
                }
            }
        case Type.MOTOR_VEHICLE:
            return {
                "motor_vehicle_record_result": {
                    **head,
                    "licence": {"state": None, "status": _licence_status(outcome) if is_done else None, "class": "C"},
                    "abstract": None,
                    "restrictions": [],
                    "violations": [],
                    "medical_certificates": [],
                }
            }
        case Type.CRIMINAL:
            return {"us_criminal_record_check_result": _criminal_block(order, outcome, head, is_done=is_done)}


def _identity(outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {
        "document_type": "passport",
        "issuing_country": "US",
        "document_expiry_date": _expiry(outcome, now),
        "face_match": outcome is not Outcome.MISMATCH,
        "liveness": True,
        "name_match": "exact",
        "age_over_18": True,
    }


def _drug(order: Order, outcome: Outcome, now: datetime) -> dict[str, Any]:
    is_positive = outcome in (Outcome.REJECT, Outcome.POSITIVE)
    return {
        "panel": order.tier,
        "specimen": catalogue.SPECIMEN,
        "collection_site": "Sandbox collection site",
        "collected_at": unix_ms(now),
        "drugs": _drugs(order, outcome),
        "medical_review": "done" if is_positive else "none",
    }


def _drugs(order: Order, outcome: Outcome) -> list[dict[str, str]]:
    assert order.tier is not None, order.verification_id
    drugs = catalogue.drugs_of(order.tier, order.edition)
    positive = {Outcome.POSITIVE: "cocaine", Outcome.REJECT: drugs[0]}.get(outcome)
    return [{"drug": drug, "outcome": "positive" if drug == positive else "negative"} for drug in drugs]


def _motor_vehicle(outcome: Outcome, applicant: Applicant | None) -> dict[str, Any]:
    return {
        "licence_state": (applicant.licence_state if applicant else None) or "CA",
        "licence_status": _licence_status(outcome),
        "licence_class": "C",
        "violations_count": 0,
        "suspensions_count": 1 if outcome is Outcome.REJECT else 0,
        "rule_id": "default",
    }


def _criminal(order: Order, outcome: Outcome, now: datetime) -> dict[str, Any]:
    assert order.tier is not None, order.verification_id
    failing = {
        Outcome.REJECT: catalogue.SSN_TRACE,
        Outcome.WATCHLIST: "global_sanctions_watchlist",
        Outcome.COUNTY: "county_federal_current_address",
    }.get(outcome)
    services = [
        {
            "service": name,
            "level": level,
            "outcome": "record_found" if name == failing else "clear",
            "jurisdiction": "US" if level == "national" else _COUNTY,
            "completed_at": unix_ms(now),
        }
        for name, level in catalogue.services_of(order.tier)
    ]
    counties = [] if order.tier is Tier.TIER_1 else [_COUNTY]
    return {"services": services, "counties_searched": counties, "addresses_considered": len(counties)}


def _criminal_block(order: Order, outcome: Outcome, head: dict[str, Any], *, is_done: bool) -> dict[str, Any]:
    assert order.tier is not None, order.verification_id
    scans = [name for name, level in catalogue.services_of(order.tier) if level == "national"]
    parts = catalogue.parts_of(order.tier)

    def county(subtype: Subtype) -> dict[str, Any]:
        if subtype not in parts:
            return {}
        return {"status": head["status"], "result": _word(part_result(outcome, subtype)) if is_done else None}

    return {
        **head,
        "red_flags": len(reasons_of(order, outcome)) if is_done else 0,
        "green_flags": 0,
        "ssn_id_document_reports": [],
        "federal_record_check_result": None,
        "record_check_details": [],
        "single_state_county_record_check_result": county(Subtype.CURRENT_ADDRESS),
        "all_state_county_record_check_result": county(Subtype.SEVEN_YEARS),
        "criminal_cases": [],
        "scan_status": {
            word: value
            for name in scans
            for word, value in ((f"{name}_scan", True), (f"{name}_scan_status", head["status"]))
        },
        "record_check_requests": [],
    }


def _expiry(outcome: Outcome, now: datetime) -> str:
    return iso_z(now - timedelta(days=1) if outcome is Outcome.EXPIRED else now + _EXPIRY)[:10]


def _licence_status(outcome: Outcome) -> str:
    return {Outcome.REJECT: "suspended", Outcome.EXPIRED: "expired"}.get(outcome, "valid")


def _word(result: Result | None) -> str | None:
    return None if result is None else "CLEARED" if result is Result.VERIFIED else "REVIEW"
