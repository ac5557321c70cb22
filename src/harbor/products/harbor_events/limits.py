"""Rate limits: the documented ones of each environment, and those an installation or a key has instead."""

from __future__ import annotations

from dataclasses import dataclass

from harbor.kernel.identity.model import Environment, Principal
from harbor.kernel.ratelimit.rules import Rule


@dataclass(frozen=True, slots=True)
class Limits:
    """The rate limit of each environment; None is no limit."""

    production: Rule | None
    sandbox: Rule | None
    refusals: Rule

    def of(self, principal: Principal) -> Rule | None:
        """The rule for a caller: the key's own, or its environment's."""
        if principal.rate_limit is not None:
            return parse_limit(principal.rate_limit)
        return self.production if principal.environment is Environment.PRODUCTION else self.sandbox


DOCUMENTED = Limits(
    production=Rule(quota=600, window_s=60, burst=60),
    sandbox=Rule(quota=120, window_s=60, burst=30),
    refusals=Rule(quota=60, window_s=60),
)


def parse_limit(text: str) -> Rule | None:
    """`600:60` is 600 a minute and 60 at once; `off` is no limit. Raises `ValueError` with a sentence."""
    if text == "off":
        return None
    quota, _, burst = text.partition(":")
    if not (text.isascii() and quota.isdecimal() and burst.isdecimal()):
        raise ValueError(f"a rate limit is requests a minute and burst, like 600:60, or off, not {text!r}")
    return Rule(quota=int(quota), window_s=60, burst=int(burst))
