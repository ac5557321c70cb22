"""Codes of the second step: those that an app makes of a shared secret and the time, and those for when it is lost."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime

import pyotp

from harbor.kernel.identity.secrets import digest
from harbor.kernel.ids import ALPHABET

# RFC 6238: steps of half a minute and six digits are what every app takes without asking.
STEP_S = 30
ISSUER = "Harbor"
# A step before and after, for clocks that differ a little and for people who type slowly. Source: RFC 6238, 5.2.
_STEPS_ASIDE = 1
RECOVERY_CODES = 10
_RECOVERY_GROUPS = 2
_RECOVERY_GROUP_LETTERS = 5
_SIX_DIGITS = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """A person's second factor. It counts once it was confirmed by a code; `recovery` holds digests of unused codes."""

    account_id: str
    person_id: str
    sealed_secret: str = field(repr=False)
    last_step: int
    recovery: tuple[str, ...] = field(repr=False)
    created_at: datetime
    confirmed_at: datetime | None


def new_secret() -> str:
    """160 random bits in base 32, as RFC 4226 recommends."""
    return pyotp.random_base32()


def address_of(secret: str, email: str) -> str:
    """The `otpauth:` address that an app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def step_of(code: str, secret: str, *, at: datetime, after: int) -> int | None:
    """The step whose code this is, of those near `at`; None if it is none of them, or none later than `after`.

    A code is good once: who remembers the step it gave, and asks for a later one, takes no code twice.
    """
    typed = code.replace(" ", "")
    if not _SIX_DIGITS.fullmatch(typed):
        return None
    maker = pyotp.TOTP(secret)
    present = int(at.timestamp()) // STEP_S
    found = None
    for step in range(present - _STEPS_ASIDE, present + _STEPS_ASIDE + 1):
        if step > after and hmac.compare_digest(maker.generate_otp(step), typed):
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Ten codes like `k7m2q-0xv9t`: 50 random bits each, in letters that are not mistaken."""
    return [
        "-".join(
            "".join(secrets.choice(ALPHABET) for _ in range(_RECOVERY_GROUP_LETTERS)) for _ in range(_RECOVERY_GROUPS)
        )
        for _ in range(RECOVERY_CODES)
    ]


def recovery_digest(code: str) -> str:
    """What is kept of a recovery code; capitals, blanks and the hyphen do not matter."""
    return digest("".join(code.split()).replace("-", "").lower())
