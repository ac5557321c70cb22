"""A new check as it is asked for, and a consent. Source: docs/products/harbour.md#start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harbor.products.harbour_agreements.providers.protocol import Applicant, Order, Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What the person agreed to before a check."""

    text_version: str
    language: str
    text_hash: str | None
    accepted_at: datetime
    ip: str
    user_agent: str
    signature_reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A check as a caller asks for it; words are not checked yet."""

    type: str
    tier: str | None
    applicant: Applicant
    consent: Agreed | None
    metadata: Mapping[str, Any]
    agreement_link_id: str | None = None
    submission_id: str | None = None
    provider: str | None = None
    submit: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A check that may be started: the provider's order, and what the first rows are made of."""

    order: Order
    provider: Provider
    applicant: Applicant
    consent: Agreed
    agreement_link_id: str | None
    submission_id: str | None
    submits: bool
