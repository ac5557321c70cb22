"""What builds on a machine that has no sandbox: nothing, and every build says why."""

from __future__ import annotations

from dataclasses import dataclass

from harbor.products.appharbor_apps.builder.port import Built, Refused, Task
from harbor.products.appharbor_apps.deploys.port import Say

NO_SANDBOX = "This machine has no sandbox that works (bubblewrap), so nothing of others is built or run here"


@dataclass(frozen=True, slots=True)
class RefusingBuilder:
    """Refuses each task with a reason."""

    reason: str = NO_SANDBOX

    async def build(self, task: Task, say: Say) -> Built:
        """Raises `Refused`."""
        del task, say
        raise Refused(self.reason)

    async def remove(self, account_id: str, application_id: int) -> None:
        """Nothing is there."""
        del account_id, application_id
