"""Marks at the edges of a chart: round numbers, and round hours and days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor, log10

_STEPS = (1, 2, 2.5, 5, 10)
_SPACES_MAX = 4  # between the marks; more than five lines in a small plot are a grid, not a help
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400
_STEPS_S = (
    *(1, 5, 15, 30),
    *(minutes * _MINUTE_S for minutes in (1, 5, 10, 15, 30)),
    *(hours * _HOUR_S for hours in (1, 2, 3, 6, 12)),
    *(days * _DAY_S for days in (1, 2, 7, 14, 30, 91, 365)),
)
_UNITS = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_FORMS = {"second": "%H:%M:%S", "hour": "%H:%M", "month": "%b %Y"}


@dataclass(frozen=True, slots=True)
class Scale:
    """From `low` to `high` in steps; both are marks, and so is nought."""

    low: float
    high: float
    step: float

    @property
    def marks(self) -> list[float]:
        """The round numbers, the lowest first."""
        first, last = round(self.low / self.step), round(self.high / self.step)
        # Multiples, not sums: a sum of tenths is not a tenth any more.
        return [_clean(index * self.step) for index in range(first, last + 1)]


def of_numbers(low: float, high: float, *, is_whole: bool = False) -> Scale:
    """A scale around numbers and nought, of two to six marks. Nothing but nought gives a scale up to one.

    With `is_whole` the marks are whole too: there is no half of an event.
    """
    low, high = min(0.0, low), max(0.0, high)
    # Numbers near the largest there are would have no room for a rounder one above them.
    low, high = max(low, -1e300), min(high, 1e300)
    spread = high - low
    if spread < 1e-12:
        return Scale(0.0, 1.0, 1.0)
    rough = spread / _SPACES_MAX
    power = 10.0 ** floor(log10(rough))
    steps = [_clean(factor * power) for factor in _STEPS if factor * power >= rough * (1 - 1e-9)]
    step = next(step for step in (*steps, 1.0) if not is_whole or step % 1 == 0)
    return Scale(_clean(floor(low / step + 1e-9) * step), _clean(ceil(high / step - 1e-9) * step), step)


def of_moments(moments: Sequence[datetime], marks_max: int) -> list[int]:
    """Which of the moments get a word: those at a round hour, day or month, at most so many. In their order."""
    if len(moments) <= marks_max:
        return list(range(len(moments)))
    seconds = [moment.astimezone(UTC).timestamp() for moment in moments]
    spread = seconds[-1] - seconds[0]
    for step in _STEPS_S:
        if spread / step > marks_max:
            continue
        chosen = [index for index, second in enumerate(seconds) if second % step == 0]
        if 2 <= len(chosen) <= marks_max:
            return chosen
    every = ceil(len(moments) / marks_max)
    return list(range(0, len(moments), every))


def form_of(moments: Sequence[datetime]) -> str:
    """How moments that far apart are told: `second`, `hour`, `day` or `month`."""
    if len(moments) < 2:
        return "hour"
    spread = abs((moments[-1] - moments[0]).total_seconds())
    if spread <= 5 * _MINUTE_S:
        return "second"
    if spread <= 2 * _DAY_S:
        return "hour"
    return "day" if spread <= 366 * _DAY_S else "month"


def moment_word(moment: datetime, form: str) -> str:
    """A moment in UTC; the page puts it into the person's zone."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%b}" if form == "day" else utc.strftime(_FORMS[form])


def word(value: float, step: float, unit: str = "") -> str:
    """A mark's number: `0`, `2,500`, `15k`, `75 %`. All marks of a scale have the same letter."""
    most = abs(step) * _SPACES_MAX
    size, letter = next(
        ((size, letter) for size, letter in _UNITS if size * 10 <= most < _UNITS[0][0] * 1e3), (1.0, "")
    )
    number = _clean(value / size)
    return _joined(f"{number:,.6g}{letter if number else ''}", unit)


def exact(value: float, unit: str = "") -> str:
    """A number in a table: thousands apart, at most three digits after the point."""
    if abs(value) >= 1e15:
        return _joined(f"{value:.6g}", unit)
    text = f"{value:,.3f}".rstrip("0").rstrip(".")
    return _joined("0" if text == "-0" else text, unit)


def _joined(number: str, unit: str) -> str:
    return f"{number} {unit}" if unit else number


def _clean(value: float) -> float:
    """Without the dust of binary fractions: 0.3 and not 0.30000000000000004."""
    return float(f"{value:.12g}")
