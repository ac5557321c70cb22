"""Rounding of hours, and the words of projects that decide about rates. Source: docs/products/harvest.md#rounding."""

from __future__ import annotations

from typing import Final

from harbor.products.harvest_timesheets.company.model import Company, Rounding

ENTRIES_AT_ONCE_MAX: Final = 50_000  # beyond, a job goes through them in steps


def rounded_e2(hours_e2: int, company: Company) -> int:
    """Hundredths of an hour as the company rounds: to the nearest step with half going up, or up to a whole step."""
    step = company.rounding_e2
    if step == 0 or hours_e2 <= 0:
        return hours_e2
    if company.rounding is Rounding.UP:
        return -(-hours_e2 // step) * step
    return (2 * hours_e2 + step) // (2 * step) * step


def elapsed_e2(hours_e2: int, elapsed_us: int) -> int:
    """Hours with a timer that ran for `elapsed_us` on top: hours plus seconds / 3600, rounded half up."""
    # One hundredth of an hour is 36 s; half of it is added, so that the division cuts to the nearest.
    return hours_e2 + (max(0, elapsed_us) + 18_000_000) // 36_000_000
