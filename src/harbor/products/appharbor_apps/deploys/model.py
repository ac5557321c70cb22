"""A release: a build together with the configuration it was started with. Source: docs/products/appharbor.md#releases."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

DEPLOY_JOB: Final = "appharbor.deploy"
# Several changes of variables within two seconds share one restart.
REFRESH_DELAY: Final = timedelta(seconds=2)


class Reason(StrEnum):
    """Why a release was made."""

    PUSH = "push"
    DEPLOY = "deploy"
    CONFIGURATION = "configuration"
    ROLLBACK = "rollback"


class State(StrEnum):
    """Where a release stands."""

    STARTING = "starting"
    LIVE = "live"
    FAILED = "failed"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release, numbered from 1 for each application; it never changes but for its state."""

    account_id: str
    application_id: int
    number: int
    build_id: int
    reason: Reason
    state: State
    variables: dict[str, str] = field(repr=False)
    created_at: datetime
    finished_at: datetime | None
