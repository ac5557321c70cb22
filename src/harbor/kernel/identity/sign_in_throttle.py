"""How often somebody may guess: ten failed sign-ins in a quarter of an hour, per address and per e-mail.

A guess takes a permit before the password is looked at, so that a hundred guesses at once do not all pass. A permit
that was no failure is given back. The limiter knows no giving back, so the permit is kept here and the next attempt
uses it; elsewhere it counts as used, which errs on the strict side by one attempt per process.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from harbor.kernel.clock import micros
from harbor.kernel.errors import Limited
from harbor.kernel.identity.people_model import normal_email
from harbor.kernel.ratelimit.limiter import RateLimiter
from harbor.kernel.ratelimit.rules import Rule

FAILURES = Rule(10, 15 * 60)
_BUCKETS_WITH_PERMITS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Permit:
    """The right to try once in a bucket, until its window ends."""

    bucket: str
    window_ends_us: int


class SignInThrottle:
    """Counts failed sign-ins with a limiter. For one event loop."""

    def __init__(self, limiter: RateLimiter) -> None:
        self._limiter = limiter
        self._unused: OrderedDict[str, list[Permit]] = OrderedDict()

    async def enter(self, *, address: str, email: str, now: datetime) -> tuple[Permit, ...]:
        """Permits for one attempt: a failure, unless they are given back. Raises `Limited` after ten of them."""
        by_address = await self._take(f"sign_in:address:{_network(address)}", now)
        try:
            # A digest, because addresses have any length and are nobody's business in a table of counters.
            by_email = await self._take(f"sign_in:email:{sha256(_email_bytes(email)).hexdigest()}", now)
        except Limited:
            self.give_back((by_address,))
            raise
        return by_address, by_email

    def give_back(self, permits: tuple[Permit, ...]) -> None:
        """The attempt was no failure."""
        for permit in permits:
            self._unused.setdefault(permit.bucket, []).append(permit)
            self._unused.move_to_end(permit.bucket)
        while len(self._unused) > _BUCKETS_WITH_PERMITS_MAX:
            self._unused.popitem(last=False)

    async def _take(self, bucket: str, now: datetime) -> Permit:
        # At most ten permits of a window are out at any time, so the list is short.
        unused = [permit for permit in self._unused.pop(bucket, []) if permit.window_ends_us > micros(now)]
        if unused:
            permit = unused.pop()
            if unused:
                self._unused[bucket] = unused
            return permit
        verdict = await self._limiter.take(bucket, FAILURES, now)
        if not verdict.allowed:
            raise Limited(
                f"Too many failed sign-ins. Try again in {-(-verdict.retry_after_s // 60)} minutes.",
                code="too_many_sign_ins",
                retry_after_s=verdict.retry_after_s,
            )
        return Permit(bucket, verdict.reset_us)


def _network(address: str) -> str:
    """Who counts as one: an IPv4 address, or the /64 that an IPv6 client can choose its addresses from."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> 64 << 64))


def _email_bytes(email: str) -> bytes:
    return normal_email(email).encode("utf-8", "surrogatepass")
