"""What every provider keeps to. Adapters are async and touch no database; the engine decides what a report changes.

Source: docs/products/harbour.md#providers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from harbor.products.harbour_agreements.verifications.model import Result, Status, SubStatus, Subtype, Tier, Type

# Every type with the tiers a provider can run; None stands for a type without tiers.
Capability = tuple[Type, Tier | None]

SANDBOX: Final = "sandbox"
MANUAL_REVIEW: Final = "manual_review"


class ProviderDown(Exception):
    """The provider takes no new checks now: 503 for the caller who wants to start one."""

    def __init__(self, message: str, *, retry_after_s: float = 30.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ProviderError(Exception):
    """The provider answered with a failure; asking again later may help."""


class Unauthentic(Exception):
    """A callback that the provider did not sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """The person who is checked. `ssn` and `licence_number` reach the provider and are kept sealed."""

    first_name: str = field(repr=False)
    last_name: str = field(repr=False)
    email: str = field(repr=False)
    date_of_birth: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    addresses: Sequence[Mapping[str, str]] = field(default=(), repr=False)
    ssn: str | None = field(default=None, repr=False)
    licence_number: str | None = field(default=None, repr=False)
    licence_state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One check to be run. `verification_id` is also what makes starting it twice harmless."""

    verification_id: str
    account_id: str
    type: Type
    tier: Tier | None
    edition: str
    attempt: int
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One report of a provider. The same `update_id` again changes nothing.

    `activity` are words of the activity log; `details` join `verification_details`; `raw` is the block that
    `latest_response` shows, redacted by the engine; `parts` are the reports of a criminal check's parts.
    """

    update_id: str
    reference: str
    status: Status
    result: Result | None = None
    sub_status: SubStatus | None = None
    occurred_at: datetime
    activity: Sequence[str] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[Subtype, Update] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A check that a provider has taken: its reference there, the first report, and where the person goes on, if anywhere."""

    reference: str
    update: Update
    redirect_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A running check as it is asked for: what was ordered for whom, and how far its reports have come."""

    order: Order
    applicant: Applicant | None
    reference: str
    last_update_id: str | None
    failures: int
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether a provider answers, and a sentence for people."""

    is_up: bool
    message: str = ""


class Provider(Protocol):
    """One way to run checks."""

    @property
    def key(self) -> str:
        """Its name in settings, rows and `verification_details.provider`."""
        ...

    @property
    def display_name(self) -> str:
        """Its name for people."""
        ...

    @property
    def is_remote(self) -> bool:
        """Whether it is somewhere else: what fails there again and again is left alone for a while."""
        ...

    @property
    def service_level_s(self) -> float | None:
        """After how much silence about a running check somebody is told; None never."""
        ...

    def capabilities(self) -> frozenset[Capability]:
        """What it can run."""
        ...

    def poll_delay_s(self, quiet_polls: int) -> float | None:
        """How long to wait before asking again after so many answers without news; None waits for somebody to act."""
        ...

    async def start(self, order: Order, applicant: Applicant, now: datetime) -> Started:
        """Take a check. Raises `ProviderDown`, or `ProviderError` for one it refuses."""
        ...

    async def submit(self, followed: Followed) -> Update:
        """The person's part is done; the check begins. Raises `ProviderDown` or `ProviderError`."""
        ...

    async def poll(self, followed: Followed) -> Update | None:
        """What came after the last report; None if nothing did. Raises `ProviderError`."""
        ...

    async def cancel(self, reference: str) -> bool:
        """Stop a check, as far as that is possible; whether it was."""
        ...

    def parse_callback(self, headers: Mapping[str, str], raw_body: bytes) -> list[Update]:
        """The reports of a callback. Raises `Unauthentic`."""
        ...

    async def redact(self, reference: str) -> bool:
        """Have a person's data erased there; whether it was."""
        ...

    async def health(self) -> Health:
        """Whether it answers."""
        ...
