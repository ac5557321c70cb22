"""Arithmetic and order of reports. Amounts are exact until a row is rounded, once and half up.

Source: docs/products/harvest.md#reports.
"""

from __future__ import annotations

import unicodedata
from datetime import date
from functools import lru_cache
from typing import Final

from harbor.products.harvest_timesheets.projects.model import Project
from harbor.products.harvest_timesheets.reports.model import Period

# Hundredths of hours times ten-thousandths of a rate are millionths of a currency's unit; a row has hundredths.
_PER_HUNDREDTH: Final = 10_000


def amount_e2(exact_e6: int) -> int:
    """An amount in hundredths, rounded half up. There are no negative hours and rates."""
    return (exact_e6 + _PER_HUNDREDTH // 2) // _PER_HUNDREDTH


def fee_counts(project: Project, asked: Period, created_on: date) -> bool:
    """Whether a fixed fee is due in a period: the project starts in it."""
    return asked.from_on <= (project.starts_on or created_on) <= asked.to_on


@lru_cache(maxsize=20_000)
def collation(name: str) -> tuple[tuple[int, str], ...]:
    """The place of a name among others: marks before digits before letters, whatever case and accents."""
    plain = (letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return tuple((_rank(letter), letter) for letter in "".join(plain).casefold())


def _rank(letter: str) -> int:
    return 2 if letter.isalpha() else 1 if letter.isdigit() else 0
