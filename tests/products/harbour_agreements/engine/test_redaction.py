"""What of a provider's answer is masked, under whatever name it comes."""

from __future__ import annotations

import pytest

from harbor.products.harbour_agreements.engine.redaction import MASK, redacted


@pytest.mark.parametrize(
    "name",
    [
        "ssn", "SSN", "applicantSsn", "ssn_number", "ssnNumber", "ssn_full", "sin_number", "social_insurance_number",
        "licence_number", "driverLicenseNumber", "document_number", "id_number", "passport", "passportNumber",
        "image", "images", "image_front", "selfie_video", "access_token", "api_key", "apiKey", "authorization",
    ],
)  # fmt: skip
def test_what_is_of_a_person_or_secret_is_masked(name: str) -> None:
    assert redacted({"one": [{name: "A1234"}]}) == {"one": [{name: MASK}]}


@pytest.mark.parametrize(
    "text",
    [
        "https://u:p@x.example/a",
        "https://x.example/a?access_token=1",
        "https://x.example/?Signature=a",
        "his 123-45-6789",
    ],
)
def test_a_text_that_tells_it_is_masked(text: str) -> None:
    assert redacted({"fields": [{"name": "any", "value": text}]}) == {"fields": [{"name": "any", "value": MASK}]}


def test_the_rest_is_left() -> None:
    kept = {
        "ssn_last4": "6789",
        "ssn_id_document_reports": [{"status": "CLEAR"}],
        "document_type": "passport_card",
        "licence_state": "CA",
        "single_county": "clear",
        "phone": "555-123-45-6789",
        "url": "https://x.example/a?page=1",
    }
    assert redacted(kept) == kept
