"""When a late invoice is reminded of. Source: docs/products/harvest.md#reminders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from harbor.products.harvest_timesheets.sentences import problem

DAYS_MAX: Final = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderSettings:
    """Whether reminders are sent: first `after_days` after an invoice was due, then each `every_days`, 0 for once alone.

    `base_url` is where public pages were reached when it was saved last.
    """

    is_on: bool = False
    after_days: int = 7
    every_days: int = 14
    base_url: str = ""


def checked(settings: ReminderSettings) -> ReminderSettings:
    """The settings, if they make sense. Raises `Invalid`."""
    if not 1 <= settings.after_days <= DAYS_MAX:
        raise problem("after_days", f"must be between 1 and {DAYS_MAX}")
    if not 0 <= settings.every_days <= DAYS_MAX:
        raise problem("every_days", f"must be between 0 and {DAYS_MAX}")
    return settings


def is_due(settings: ReminderSettings, *, due_on: date, reminded_on: date | None, today: date) -> bool:
    """Whether an invoice that was due on a day, and reminded of last on another, is reminded of today."""
    if not settings.is_on or today < due_on + timedelta(days=settings.after_days):
        return False
    # An invoice with a later day by now is late anew.
    if reminded_on is None or reminded_on < due_on:
        return True
    return settings.every_days > 0 and today >= reminded_on + timedelta(days=settings.every_days)
