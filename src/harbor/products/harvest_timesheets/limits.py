"""How many requests a token may make: 100 in 15 seconds, and 100 reports in 15 minutes. Source: docs/products/harvest.md#limits."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harbor.kernel.ratelimit.rules import Rule

REPORTS_PREFIX = "/v2/reports/"
_RULE = re.compile(r"(\d{1,9})/(\d{1,7})s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The two limits of an installation; None is none."""

    general: Rule | None
    reports: Rule | None


DOCUMENTED = Limits(general=Rule(quota=100, window_s=15), reports=Rule(quota=100, window_s=900))


def parse_limit(text: str) -> Rule | None:
    """`100/15s` as a rule; `off` or `0` as none. Raises `ValueError`."""
    if text.strip().lower() in ("off", "0"):
        return None
    found = _RULE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text} is not like 100/15s or off")
    return Rule(quota=int(found[1]), window_s=int(found[2]))
