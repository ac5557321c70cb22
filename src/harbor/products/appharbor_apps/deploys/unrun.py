"""What deploys where the operator runs no applications: nothing. Builds and their tests are all there is then."""

from __future__ import annotations

from dataclasses import dataclass

from harbor.products.appharbor_apps.deploys.port import Deployed, Order, Say


@dataclass(frozen=True, slots=True)
class UnrunDeployer:
    """Takes each order and says that applications do not run here."""

    reason: str = "Applications do not run on this installation: it has no application port"

    async def deploy(self, order: Order, say: Say) -> Deployed:
        """Not live."""
        del order, say
        return Deployed(False, self.reason)

    async def remove(self, account_id: str, application_id: int) -> None:
        """Nothing runs."""
        del account_id, application_id
