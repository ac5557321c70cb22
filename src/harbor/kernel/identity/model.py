"""Principals and credentials: who a caller is and what the caller may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address


class Environment(StrEnum):
    """The two accounts of an organization; their wall is the wall between tenants."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"


class CredentialKind(StrEnum):
    """What a credential reaches: one workspace, a whole account, or (root) both accounts of the organization."""

    WORKSPACE = "workspace"
    ORGANIZATION = "organization"
    ROOT = "root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A stored credential; of the secret itself only a digest is kept."""

    id: str
    account_id: str
    organization_id: str
    workspace_id: str | None
    kind: CredentialKind
    digest: str
    prefix: str
    last4: str
    name: str
    scopes: frozenset[str] | None
    rate_limit: str | None
    allowed_cidrs: tuple[str, ...] | None
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def is_good_at(self, moment: datetime) -> bool:
        """Neither revoked nor expired."""
        return (self.revoked_at is None or self.revoked_at > moment) and (
            self.expires_at is None or self.expires_at > moment
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller of one request, or the system itself. `scopes` None means all."""

    account_id: str
    organization_id: str
    environment: Environment
    actor: str
    credential_id: str | None = None
    workspace_id: str | None = None
    scopes: frozenset[str] | None = None
    is_root: bool = False
    rate_limit: str | None = None
    expires_at: datetime | None = None
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    digest: str | None = None
    token: str = ""

    def has_scope(self, *any_of: str) -> bool:
        """Whether one of the scopes is granted."""
        return self.scopes is None or any(scope in self.scopes for scope in any_of)

    def may_come_from(self, address: str) -> bool:
        """Whether the credential may be used from this client address."""
        if not self.networks:
            return True
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.networks)


def system(account_id: str, organization_id: str = "", environment: Environment = Environment.PRODUCTION) -> Principal:
    """The platform acting for itself: jobs, sweeps and consequences."""
    return Principal(account_id=account_id, organization_id=organization_id, environment=environment, actor="system")
