"""The providers of an installation: those that are built in, and those that an organization configured for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harbor.kernel.call import Call
from harbor.products.harbour_agreements.providers.protocol import SANDBOX, Provider
from harbor.products.harbour_agreements.verifications.catalogue import DEFAULT_EDITION

# Makes the provider that the call's organization configured under a key, with its secrets; None if it did not.
Configured = Callable[[Call, str], Provider | None]


def nobodys(_call: Call, _key: str) -> Provider | None:
    """Nothing is configured."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """What runs checks: by key, which one runs what nobody decided otherwise, and by which catalogue."""

    by_key: Mapping[str, Provider]
    default: str = SANDBOX
    edition: str = DEFAULT_EDITION
    configured: Configured = nobodys

    def find(self, call: Call, key: str) -> Provider | None:
        """A provider by its key, as the call's organization has it."""
        return self.by_key.get(key) or self.configured(call, key)
