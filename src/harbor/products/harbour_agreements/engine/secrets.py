"""What is sealed of a check: the numbers of its applicant, and for a week what its provider answered.

The numbers reach the provider and a reviewer and nobody else; answers are for administrators who look for a fault. Source:
docs/products/harbour.md#secrets-of-a-check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from harbor.kernel.call import Call
from harbor.kernel.clock import moment
from harbor.products.harbour_agreements.engine import secrets_store as store
from harbor.products.harbour_agreements.providers.protocol import Applicant

APPLICANT_PURPOSE = "harbour.applicant"
ANSWER_PURPOSE = "harbour.answer"
ANSWERS_KEPT: Final = timedelta(days=7)
# A provider's answer is at most a megabyte; what is longer is of no use to whoever looks for a fault.
_ANSWER_BYTES_MAX: Final = 256 * 1024


def keep_applicant(call: Call, verification_id: str, applicant: Applicant) -> None:
    """Seal the numbers of an applicant, if there are any."""
    numbers = {name: text for name in ("ssn", "licence_number") if (text := getattr(applicant, name)) is not None}
    if numbers:
        sealed = call.vault.seal(call.account_id, APPLICANT_PURPOSE, msgspec.json.encode(numbers).decode())
        store.put_applicant(call.tx, call.account_id, verification_id, sealed)


def with_numbers(call: Call, verification_id: str, applicant: Applicant | None) -> Applicant | None:
    """An applicant with the numbers that were given."""
    sealed = None if applicant is None else store.applicant(call.tx, call.account_id, verification_id)
    if applicant is None or sealed is None:
        return applicant
    numbers = msgspec.json.decode(call.vault.open(call.account_id, APPLICANT_PURPOSE, sealed), type=dict[str, str])
    return replace(applicant, ssn=numbers.get("ssn"), licence_number=numbers.get("licence_number"))


def keep_answer(call: Call, verification_id: str, update_id: str, raw: Mapping[str, Any]) -> None:
    """Seal what a provider answered, unredacted."""
    text = msgspec.json.encode(dict(raw)) if raw else b""
    if 0 < len(text) <= _ANSWER_BYTES_MAX:
        sealed = call.vault.seal(call.account_id, ANSWER_PURPOSE, text.decode())
        store.add_answer(call.tx, call.account_id, verification_id, update_id, sealed)


def answers_of(call: Call, verification_id: str) -> Sequence[tuple[datetime, str]]:
    """What a provider answered in the last week, the oldest first."""
    return [
        (moment(at), call.vault.open(call.account_id, ANSWER_PURPOSE, sealed))
        for at, sealed in store.answers(call.tx, call.account_id, verification_id)
    ]
