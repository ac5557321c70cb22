"""What an operator has decided about AppHarbor: values that `app` makes of the settings and handlers find in the tools."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from harbor.kernel.http.services import Services
from harbor.kernel.ratelimit.rules import Rule

TOOL = "appharbor"
_RULE = re.compile(r"([0-9]{1,8})/([0-9]{1,6})s", re.ASCII)
REGIONS = ("amazon-web-services::us-east-1", "amazon-web-services::eu-west-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How often a caller may ask, and how often an address may come without a good token; None does not count."""

    calls: Rule | None = None
    refusals: Rule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The operator's decisions. `regions` maps further region identifiers to placement pools.

    `consent_page` is where a browser is led that asks to authorize a client. `applications_max` and `hostnames_max` are
    the plan's quota of an account and of an application; None is no limit. `apps_port` is where applications answer.
    """

    public_url: str
    apps_domain: str = "apps.localhost"
    regions: Mapping[str, str] = field(default_factory=dict)
    consent_page: str = "/console/appharbor/authorize"
    allows_invitations: bool = True
    allows_password_login: bool = True
    token_lifetime: timedelta | None = None
    applications_max: int | None = None
    hostnames_max: int | None = None
    builders_max: int = 2
    apps_port: int | None = None
    limits: Limits = Limits()

    def address(self, slug: str) -> str:
        """Where an application answers."""
        port = "" if self.apps_port in (None, 80) else f":{self.apps_port}"
        return f"http://{slug}.{self.apps_domain}{port}/"


def setup_of(services: Services) -> Setup:
    """The decisions of this installation."""
    found = services.tools[TOOL]
    assert isinstance(found, Setup), found
    return found


def parse_limit(text: str) -> Rule | None:
    """`600/60s` as a rule; `off` or `0` as none. Raises `ValueError`."""
    if text.strip().lower() in ("off", "0"):
        return None
    found = _RULE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text} is not like 600/60s or off")
    return Rule(quota=int(found[1]), window_s=int(found[2]))
