"""A company: what its members see of it, and the settings by which time is rounded and budgets count.

Source: docs/products/harvest.md#company.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from harbor.products.harvest_timesheets.currencies import known_currency
from harbor.products.harvest_timesheets.sentences import BLANK, problem
from harbor.products.harvest_timesheets.zones import known_zone, zone

WEEKLY_CAPACITY_S: Final = 126_000  # 35 hours
WEEKLY_CAPACITY_S_MAX: Final = 7 * 24 * 3600
_HALF_HOUR_S = 1_800
NAME_LENGTH_MAX: Final = 255


class Rounding(StrEnum):
    """How each entry is rounded before it is summed."""

    OFF = "off"
    NEAREST = "nearest"
    UP = "up"


class BudgetHours(StrEnum):
    """Which hours count to budgets of hours."""

    ALL = "all"
    BILLABLE = "billable"


ROUNDING_MINUTES: Final = (6, 15, 30)
WEEK_START_DAYS: Final = ("Saturday", "Sunday", "Monday")
DATE_FORMATS: Final = ("%m/%d/%Y", "%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%Y.%m.%d", "%Y/%m/%d")
CLOCKS: Final = ("12h", "24h")
TIME_FORMATS: Final = ("hours_minutes", "decimal")
CODE_DISPLAYS: Final = ("iso_code_none", "iso_code_before", "iso_code_after")
SYMBOL_DISPLAYS: Final = ("symbol_none", "symbol_before", "symbol_after")
DECIMAL_SYMBOLS: Final = (".", ",")
THOUSANDS_SEPARATORS: Final = (",", ".", " ", "'", "")
COLOR_SCHEMES: Final = ("orange", "blue", "green", "gray", "purple", "red", "teal")
_CHOICES: Final = {
    "week_start_day": WEEK_START_DAYS,
    "time_format": TIME_FORMATS,
    "date_format": DATE_FORMATS,
    "clock": CLOCKS,
    "currency_code_display": CODE_DISPLAYS,
    "currency_symbol_display": SYMBOL_DISPLAYS,
    "decimal_symbol": DECIMAL_SYMBOLS,
    "thousands_separator": THOUSANDS_SEPARATORS,
    "color_scheme": COLOR_SCHEMES,
    "rounding_minutes": ROUNDING_MINUTES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """One account. `number` names it on the wire; `timezone` is a name of `zones`."""

    account_id: str
    number: int
    name: str
    is_active: bool
    week_start_day: str
    wants_timestamp_timers: bool
    time_format: str
    date_format: str
    plan_type: str
    expense_feature: bool
    invoice_feature: bool
    estimate_feature: bool
    team_feature: bool
    approval_feature: bool
    weekly_capacity_s: int
    clock: str
    currency: str
    currency_code_display: str
    currency_symbol_display: str
    decimal_symbol: str
    thousands_separator: str
    color_scheme: str
    timezone: str
    rounding: Rounding
    rounding_minutes: int
    budget_hours: BudgetHours
    created_at: datetime
    updated_at: datetime

    def day_of(self, moment: datetime) -> date:
        """The day that a moment is in, for the company."""
        return moment.astimezone(zone(self.timezone)).date()

    @property
    def rounding_e2(self) -> int:
        """The step of rounding in hundredths of an hour, exactly: 6, 15 and 30 minutes are 10, 25 and 50. 0 is none."""
        return 0 if self.rounding is Rounding.OFF else self.rounding_minutes * 100 // 60


def checked(company: Company) -> Company:
    """The company without blanks around its name, if its settings go together. Raises `Invalid`."""
    name = company.name.strip()
    if not name:
        raise problem("name", BLANK)
    if len(name) > NAME_LENGTH_MAX:
        raise problem("name", f"is too long (maximum is {NAME_LENGTH_MAX} characters)")
    for field, choices in _CHOICES.items():
        if getattr(company, field) not in choices:
            shown = ", ".join(str(choice) or "nothing" for choice in choices)
            raise problem(field, f"must be one of {shown}")
    if company.decimal_symbol == company.thousands_separator:
        raise problem("thousands_separator", "can't be the decimal symbol")
    return replace(
        company,
        name=name,
        timezone=known_zone(company.timezone),
        currency=known_currency(company.currency),
        weekly_capacity_s=check_weekly_capacity(company.weekly_capacity_s),
    )


def check_weekly_capacity(seconds: int) -> int:
    """Seconds of a week in half hours. Raises `Invalid`."""
    if not 0 <= seconds <= WEEKLY_CAPACITY_S_MAX:
        raise problem("weekly_capacity", f"must be between 0 and {WEEKLY_CAPACITY_S_MAX}")
    if seconds % _HALF_HOUR_S:
        raise problem("weekly_capacity", f"must be a multiple of {_HALF_HOUR_S} seconds")
    return seconds
