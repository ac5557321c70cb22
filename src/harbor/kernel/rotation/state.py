"""Where the rotation of the key stands: one job at a time, of the installation itself."""

from __future__ import annotations

from typing import Final

from harbor.kernel.jobs import queue
from harbor.kernel.jobs.model import SYSTEM_ACCOUNT, Job, Priority
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Tx

KIND: Final = "vault.rotate"


def start(tx: Tx, job_id: str) -> Job:
    """The rotation that is under way; a new one where there is none."""
    return queue.enqueue(tx, SYSTEM_ACCOUNT, KIND, {}, job_id=job_id, priority=Priority.HIGH, unique_key=KIND)


def newest(tx: Tx) -> Job | None:
    """The latest rotation, whatever became of it; None if there was none, or none that is still remembered."""
    page = queue.listing(tx, SYSTEM_ACCOUNT, PageRequest(limit=1), kinds=(KIND,))
    return page.items[0] if page.items else None
