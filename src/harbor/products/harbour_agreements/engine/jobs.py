"""Work of the engine done later: following checks, withdrawing deleted ones, erasing what is no longer kept.

Source: docs/products/harbour.md#engine, #retention.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.jobs.context import JobContext
from harbor.kernel.jobs.model import JobKind, JsonObject
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.retention.steps import Budget, Reached, walk_kind
from harbor.kernel.storage.database import Lane, Tx
from harbor.products.harbour_agreements.engine import breaker, creating, secrets_store, service, store
from harbor.products.harbour_agreements.engine.secrets import ANSWERS_KEPT
from harbor.products.harbour_agreements.organizations import service as organizations
from harbor.products.harbour_agreements.providers.protocol import (
    Followed,
    Provider,
    ProviderDown,
    ProviderError,
    Update,
)
from harbor.products.harbour_agreements.providers.registry import Providers
from harbor.products.harbour_agreements.verifications import service as verifications

APPLICANT_DAYS = 30
RETENTION = "harbour.retention"
RETENTION_SCHEDULE = Schedule(name=RETENTION, every_s=3_600, kind=RETENTION)
# Waits after failures in a row double up to six hours.
_RETRY_S_MIN, _RETRY_S_MAX = 60.0, 6 * 3_600.0
_CHUNK = 50

CallOf = Callable[[Tx, str], Call]
log = structlog.get_logger("harbor.harbour")


def kinds(call_of: CallOf, providers: Providers, *, applicant_days: int = APPLICANT_DAYS) -> list[JobKind]:
    """The kinds of jobs of the engine. Applicants are kept for so many days after their checks ended."""
    return [
        _follow_kind(call_of, providers),
        _unfinished_kind(call_of),
        _withdraw_kind(call_of, providers),
        walk_kind(RETENTION, _retention_step(call_of, applicant_days)),
    ]


def _follow_kind(call_of: CallOf, providers: Providers) -> JobKind:
    """Ask the provider of a check for its next report, until nothing more comes for now."""

    async def run(context: JobContext) -> JsonObject:
        account_id, id_ = context.job.account_id, str(context.job.data["verification_id"])
        reports = 0
        while True:
            asked = await context.read(lambda tx: _asked(call_of(tx, account_id), providers, id_))
            if asked is None:
                return {"reports": reports}
            provider, followed = asked
            update, error = await _poll(provider, followed)
            reports += update is not None

            def settle(
                tx: Tx, provider: Provider = provider, update: Update | None = update, is_error: bool = error
            ) -> bool:
                return _settle(call_of(tx, account_id), id_, provider, update, is_error=is_error)

            if not await context.step(settle):
                return {"reports": reports}

    return JobKind(name=service.FOLLOW, run=run, lane=Lane.FOREGROUND)


async def _poll(provider: Provider, followed: Followed) -> tuple[Update | None, bool]:
    try:
        return await provider.poll(followed), False
    except (ProviderError, ProviderDown) as error:
        log.warning(
            "provider_failed", provider=provider.key, verification=followed.order.verification_id, error=str(error)
        )
        return None, True


def _asked(call: Call, providers: Providers, verification_id: str) -> tuple[Provider, Followed] | None:
    found = verifications.present(call, verification_id)
    provider = None if found is None or found.is_final else providers.find(call, found.provider)
    return None if found is None or provider is None else (provider, service.followed(call, found))


def _settle(call: Call, verification_id: str, provider: Provider, update: Update | None, *, is_error: bool) -> bool:
    """Write what a provider said; whether it may be asked again at once. Later questions are jobs of their own."""
    found = verifications.present(call, verification_id)
    if found is None or found.is_final:
        return False
    if is_error:
        breaker.failed(call.tx, call.account_id, provider)
        failures = service.failed(call, found)
        wait_s: float | None = min(_RETRY_S_MAX, _RETRY_S_MIN * 2.0 ** (failures - 1))
    elif update is None:
        wait_s = provider.poll_delay_s(service.quiet(call, found))
    else:
        breaker.succeeded(call, provider)
        service.apply(call, verification_id, update)
        wait_s = provider.poll_delay_s(0)
    if wait_s is None:
        return False
    if wait_s == 0:
        return True
    service.follow(call, verification_id, due_at=call.tx.now + timedelta(seconds=wait_s))
    return False


def _unfinished_kind(call_of: CallOf) -> JobKind:
    """Tell of a check whose start nobody came back from: a provider may run it, and no row knows of it."""

    async def run(context: JobContext) -> JsonObject:
        account_id, data = context.job.account_id, context.job.data

        def look(tx: Tx) -> bool:
            call = call_of(tx, account_id)
            id_ = str(data["verification_id"])
            is_known = verifications.present(call, id_) is not None or verifications.was_deleted(call, id_)
            if not is_known:
                about = {"verification_id": id_, "provider": data["provider"]}
                call.emit("harbour.verification.not_started", subject=id_, data=about)
            return is_known

        return {"is_known": await context.write(look)}

    return JobKind(name=creating.UNFINISHED, run=run)


def _withdraw_kind(call_of: CallOf, providers: Providers) -> JobKind:
    """Stop a deleted check at its provider, as far as that is possible."""

    async def run(context: JobContext) -> JsonObject:
        account_id, key = context.job.account_id, str(context.job.data["provider"])
        provider = await context.read(lambda tx: providers.find(call_of(tx, account_id), key))
        if provider is None:
            return {"stopped": False}
        return {"stopped": await provider.cancel(str(context.job.data["reference"]))}

    return JobKind(name=service.WITHDRAW, run=run)


def _retention_step(call_of: CallOf, applicant_days: int) -> Callable[[Tx, JsonObject, Budget], Reached]:
    """Erase applicants whose time has come, then the content that organizations no longer keep."""

    def step(tx: Tx, _at: JsonObject, budget: Budget) -> Reached:
        before_us = micros(tx.now - timedelta(days=applicant_days))
        answered_us = micros(tx.now - ANSWERS_KEPT)
        for erase in (
            lambda limit: store.erase_applicants(tx, before_us, limit),
            lambda limit: secrets_store.erase_applicants(tx, before_us, limit),
            lambda limit: secrets_store.erase_answers(tx, answered_us, limit),
        ):
            if not budget.drain(erase):
                return Reached({})
        for account_id in organizations.limiting_retention(tx):
            call = call_of(tx, account_id)
            for type_, days in organizations.of_account(tx, account_id).retention_days.items():
                for found in verifications.outlived(call, type_, days, _CHUNK):
                    service.redact(call, found)
                    budget.spend(1)
                    if budget.is_spent:
                        return Reached({})
        return Reached({}, is_end=True)

    return step
