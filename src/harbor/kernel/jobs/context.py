"""What a running job may do: read, write, and go forward step by step under its lease."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from harbor.kernel.jobs import store
from harbor.kernel.jobs.model import Job, JobKind, JsonObject, LeaseLost, Progress
from harbor.kernel.storage.database import Database, Tx, Work

T = TypeVar("T")


class JobContext:
    """The world of one run. `job` is as it was last committed; a run begins at `job.position`, None the first time."""

    def __init__(self, database: Database, kind: JobKind, job: Job) -> None:
        assert job.lease_token is not None, job
        self.job = job
        self._database = database
        self._kind = kind
        self._token = job.lease_token

    @property
    def is_last_attempt(self) -> bool:
        """Whether a failure of this run is final, unless it makes a step forward."""
        return self.job.attempts >= self._kind.attempts_max

    async def read(self, work: Work[T], *, long: bool = False) -> T:
        """The result of `work` on a consistent view of the database."""
        return await self._database.read(work, long=long)

    async def write(self, work: Work[T]) -> T:
        """The result of `work`, committed. Raises `LeaseLost`, with nothing changed, if the job is no longer ours."""

        def held(tx: Tx) -> T:
            if not store.holds(tx, self.job.account_id, self.job.id, token=self._token):
                raise LeaseLost(self.job.id)
            return work(tx)

        return await self._database.write(held, lane=self._kind.lane)

    async def step(
        self,
        work: Work[T],
        *,
        position: JsonObject | Callable[[T], JsonObject] | None = None,
        progress: Progress | Callable[[T], Progress] | None = None,
    ) -> T:
        """The result of `work`, committed together with how far the job is.

        After a crash the next run begins at the last committed position, so a step is done once. `position` and
        `progress` may be functions of the result; None leaves them as they are. Raises `LeaseLost` like `write`.
        """

        def advance(tx: Tx) -> tuple[T, Job]:
            result = work(tx)
            job = store.advance(
                tx,
                self.job.account_id,
                self.job.id,
                token=self._token,
                position=position(result) if callable(position) else position,
                progress=progress(result) if callable(progress) else progress,
            )
            if job is None:
                raise LeaseLost(self.job.id)
            return result, job

        result, self.job = await self._database.write(advance, lane=self._kind.lane)
        return result
