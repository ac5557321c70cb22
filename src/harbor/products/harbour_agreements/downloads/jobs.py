"""Addresses that ended are forgotten a day later."""

from __future__ import annotations

from typing import Final

from harbor.kernel.clock import micros
from harbor.kernel.jobs.model import JobKind, JsonObject
from harbor.kernel.jobs.schedule import Schedule
from harbor.kernel.retention.steps import Budget, Reached, walk_kind
from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements.downloads import store
from harbor.products.harbour_agreements.downloads.service import REMEMBERED

FORGET: Final = "harbour.downloads.forget"
SCHEDULE: Final = Schedule(name=FORGET, every_s=3_600, kind=FORGET)


def forget_kind() -> JobKind:
    """The kind of job that forgets them."""

    def step(tx: Tx, _at: JsonObject, budget: Budget) -> Reached:
        before_us = micros(tx.now - REMEMBERED)
        return Reached({}, is_end=budget.drain(lambda limit: store.forget(tx, before_us, limit)))

    return walk_kind(FORGET, step)
