"""Sizes and times as people say them."""

from __future__ import annotations

from datetime import timedelta

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
_STEP = 1024


def size(bytes_: int) -> str:
    """`512 bytes`, `1.5 MiB`: one digit after the point, cut and not rounded."""
    amount, unit = float(bytes_), 0
    while amount >= _STEP and unit < len(_UNITS) - 1:
        amount /= _STEP
        unit += 1
    return f"{bytes_} {_UNITS[0]}" if unit == 0 else f"{int(amount * 10) / 10:.1f} {_UNITS[unit]}"


def span(length: timedelta) -> str:
    """`3 d 4 h`, `12 min`, `8 s`, `140 ms`: the two largest units."""
    if length < timedelta(seconds=1):
        return f"{max(0, int(length.total_seconds() * 1000))} ms"
    seconds = int(length.total_seconds())
    days, hours, minutes = seconds // 86_400, seconds // 3_600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
