"""What the doctor looks at: one row for each thing, with a verdict and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

COLUMNS: Final = ("check", "verdict", "found", "what_to_do")

Verdict = Literal["passed", "warning", "failed"]

# Below this a database cannot even be compacted; above it there is time to make room.
_DISK_FREE_BYTES_FAIL: Final = 256 * 1024 * 1024
_DISK_FREE_SHARE_WARN: Final = 0.05
_CERTIFICATE_DAYS_WARN: Final = 14
# A receiver takes signatures of the last five minutes: half of that is gone at two and a half.
_SKEW_S_WARN: Final = 2.0
_SKEW_S_FAIL: Final = 60.0
_LAG_S_WARN: Final = 60.0
_LAG_S_FAIL: Final = 900.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    check: str
    verdict: Verdict
    found: str
    what_to_do: str | None = None


def passed(check: str, found: str) -> Check:
    """All is well."""
    return Check(check, "passed", found)


def warning(check: str, found: str, what_to_do: str) -> Check:
    """It works, and should be looked at."""
    return Check(check, "warning", found, what_to_do)


def failed(check: str, found: str, what_to_do: str) -> Check:
    """It does not work, or soon will not."""
    return Check(check, "failed", found, what_to_do)


def document(checks: Iterable[Check]) -> dict[str, Any]:
    """The checks as a list object."""
    return {"data": [asdict(check) for check in checks], "has_more": False}


def disk(free_bytes: int, total_bytes: int) -> Check:
    """Is there room where the data is."""
    found = f"{free_bytes >> 20} MiB free of {total_bytes >> 20}"
    if free_bytes < _DISK_FREE_BYTES_FAIL:
        return failed("disk space", found, "Free some space: soon no write will be taken.")
    if free_bytes < total_bytes * _DISK_FREE_SHARE_WARN:
        return warning("disk space", found, "Free some space, or shorten the terms of retention.")
    return passed("disk space", found)


def certificate(days: int) -> Check:
    """How long the certificate is good for."""
    if days < 0:
        return failed("certificate", f"expired {-days} days ago", "Renew it and start the server again.")
    found = f"good for {days} days"
    if days < _CERTIFICATE_DAYS_WARN:
        return warning("certificate", found, "Renew it and start the server again.")
    return passed("certificate", found)


def skew(seconds: float) -> Check:
    """How far the clock of the server is from the one here. Positive: the server is ahead."""
    found = f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} this machine"
    if abs(seconds) >= _SKEW_S_FAIL:
        return failed("clock", found, "Set both clocks by NTP: signatures are refused when their time is off.")
    if abs(seconds) >= _SKEW_S_WARN:
        return warning("clock", found, "Set both clocks by NTP.")
    return passed("clock", found)


def queue(depth: int, lag_s: float) -> Check:
    """How late deliveries are."""
    found = f"{depth} deliveries wait, the oldest is {lag_s:.0f} s late"
    todo = "Look for slow endpoints: harbor deliveries list --status retrying. The log and /metrics tell more."
    if lag_s >= _LAG_S_FAIL:
        return failed("deliveries", found, todo)
    if lag_s >= _LAG_S_WARN:
        return warning("deliveries", found, todo)
    return passed("deliveries", found)
