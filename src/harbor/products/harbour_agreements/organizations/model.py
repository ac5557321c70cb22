"""An organization: its public id, and its choices.

Source: docs/products/harbour.md#organizations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from harbor.products.harbour_agreements.verifications.model import Type

_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LETTERS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """What an organization decided. None of `catalogue_edition` is the installation's.

    `retention_days` names the types whose content is redacted that long after completion, `provider_rules` which provider
    runs a type instead of the default. With `two_person_reviews` two people have to agree; `reviewers` may decide beside the
    administrators.
    """

    account_id: str
    catalogue_edition: str | None = None
    time_zone: str = "UTC"
    retention_days: Mapping[Type, int] = field(default_factory=dict)
    provider_rules: Mapping[Type, str] = field(default_factory=dict)
    two_person_reviews: bool = False
    reviewers: Sequence[str] = ()

    @property
    def id(self) -> str:
        """Its public id."""
        return public_id(self.account_id)

    @property
    def zone(self) -> tzinfo:
        """Its time zone, for labels of the activity log."""
        return UTC if self.time_zone == "UTC" else zones()[self.time_zone]


@cache
def zones() -> Mapping[str, ZoneInfo]:
    """Every time zone by name. Called at the start: zones are files, and a transaction opens none."""
    return {name: ZoneInfo(name) for name in available_timezones()}


def public_id(account_id: str) -> str:
    """`ORG-` and eight letters that follow from the account: 47 bits, which no two accounts of an installation share."""
    value = int.from_bytes(hashlib.sha256(f"harbour organization {account_id}".encode()).digest()[:16], "big")
    letters = []
    for _ in range(_ID_LETTERS):
        value, index = divmod(value, len(_LETTERS))
        letters.append(_LETTERS[index])
    return "ORG-" + "".join(letters)
