"""What an operator has decided about AppHarbor: values that `app` makes of the settings and handlers find in the tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from harbor.kernel.http.services import Services
from harbor.kernel.ratelimit.rules import Rule

TOOL = "appharbor"
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
    the plan's quota of an account and of an application; None is no limit.
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
    limits: Limits = Limits()


def setup_of(services: Services) -> Setup:
    """The decisions of this installation."""
    found = services.tools[TOOL]
    assert isinstance(found, Setup), found
    return found
