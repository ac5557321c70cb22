"""What comes of a run: done with a result, another try later, or failed."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from harbor.kernel.errors import HarborError
from harbor.kernel.jobs import store
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import ERROR_LENGTH_MAX, Abandon, Job, JobKind, JsonObject, LeaseLost, State
from harbor.kernel.storage.database import Database, Tx

log = structlog.get_logger("harbor.jobs")


async def settle(database: Database, kind: JobKind, context: JobContext, *, chance: Callable[[], float]) -> Job:
    """Run the job and write down what came of it. Raises `LeaseLost` if it is no longer ours."""
    try:
        result = await kind.run(context)
        if result is not None:
            store.encode(result)  # a result that is no JSON is a failure of the run, not of the database
    except LeaseLost:
        raise
    except Abandon as error:
        return await _fail(database, kind, context, error)
    except Exception as error:
        if context.is_last_attempt:
            return await _fail(database, kind, context, error)
        return await _try_again(database, kind, context, error, chance=chance())
    return await _finish(database, kind, context, state=State.DONE, result=result, error=None)


async def _fail(database: Database, kind: JobKind, context: JobContext, error: Exception) -> Job:
    log.warning("job_failed", job=context.job.id, kind=kind.name, attempts=context.job.attempts, **_trouble(error))
    return await _finish(database, kind, context, state=State.FAILED, result=None, error=describe(error))


async def _try_again(database: Database, kind: JobKind, context: JobContext, error: Exception, *, chance: float) -> Job:
    job = context.job
    delay_us = round(kind.retry_delay_s(job.attempts, chance) * 1_000_000)
    log.info("job_retried", job=job.id, kind=kind.name, attempts=job.attempts, **_trouble(error))

    def put_back(tx: Tx) -> Job:
        token, due_us = _token(job), tx.now_us + delay_us
        return _held(store.put_back(tx, job.account_id, job.id, token=token, due_us=due_us, error=describe(error)), job)

    return await database.write(put_back, lane=kind.lane)


async def _finish(
    database: Database,
    kind: JobKind,
    context: JobContext,
    *,
    state: State,
    result: JsonObject | None,
    error: str | None,
) -> Job:
    job = context.job

    def finish(tx: Tx) -> Job:
        ended = store.finish(tx, job.account_id, job.id, token=_token(job), state=state, result=result, error=error)
        return _held(ended, job)

    return await database.write(finish, lane=kind.lane)


def describe(error: Exception) -> str:
    """The text of an error as it is kept: bounded, without NUL and halves of surrogate pairs."""
    text = str(error) if isinstance(error, HarborError | Abandon) else f"{type(error).__name__}: {error}"
    plain = text.replace("\x00", "\N{SYMBOL FOR NULL}").encode("utf-8", "backslashreplace").decode("utf-8")
    return plain if len(plain) <= ERROR_LENGTH_MAX else plain[: ERROR_LENGTH_MAX - 1] + "…"


def _trouble(error: Exception) -> dict[str, object]:
    """What the log says of it: expected trouble in a sentence, the unexpected whole."""
    expected = isinstance(error, HarborError | Abandon | OSError)
    return {"error": describe(error)} if expected else {"error": describe(error), "exc_info": error}


def _token(job: Job) -> str:
    assert job.lease_token is not None, job
    return job.lease_token


def _held(job: Job | None, before: Job) -> Job:
    if job is None:
        raise LeaseLost(before.id)
    return job
