"""The rotation of the master key on the wire, and what the machine says of itself."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from harbor.kernel.call import Call
from harbor.kernel.clock import real_now
from harbor.kernel.facts import Facts
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.kernel.jobs.model import Job
from harbor.products.harbor_events.admin import upkeep_service


class RotationBody(TypedDict):
    """A rotation as it is shown: how many rows it has looked at, of about how many, and what it came to."""

    id: str
    state: str
    done: int
    total: int | None
    key_id: str | None
    resealed: int | None
    unreadable: int | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None


class InstanceBody(TypedDict):
    """The installation as it is shown. `now` is the time of its machine, whatever its calendar says."""

    version: str
    engine: str
    mode: str
    clock: str
    key_id: str
    disk_free_bytes: int
    disk_total_bytes: int
    now: datetime


def start(call: Call) -> Job:
    """Add a master key, seal everything with it in steps while the server works, and remove the older keys."""
    return upkeep_service.start_rotation(call)


def newest(call: Call) -> Job:
    """How far the latest rotation is. `unreadable` counts texts that no key here could open before either."""
    return upkeep_service.newest_rotation(call)


async def look(services: Services) -> tuple[int, int]:
    """Free and total bytes of the disk."""
    facts: Facts = services.tools["facts"]
    return facts.disk()


def instance(call: Call, services: Services, prepared: tuple[int, int]) -> InstanceBody:
    """What the machine of this process says of itself. Only the root key sees it."""
    facts: Facts = services.tools["facts"]
    free, total = prepared
    return {
        "version": facts.version,
        "engine": facts.engine,
        "mode": upkeep_service.mode(call),
        "clock": facts.clock,
        "key_id": call.vault.current,
        "disk_free_bytes": free,
        "disk_total_bytes": total,
        "now": real_now(),
    }


def show(job: Job) -> RotationBody:
    """The fields of a rotation."""
    result = job.result or {}
    return {
        "id": job.id,
        "state": job.state.value,
        "done": job.progress.done,
        "total": job.progress.total,
        "key_id": result.get("key_id"),
        "resealed": result.get("resealed"),
        "unreadable": result.get("unreadable"),
        "error": job.error if not job.is_open or job.attempts > 1 else None,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }


_TAGS = ("Administration",)
_PATH = "/admin/v1/key_rotation"

ROUTES = (
    Route(
        "admin.key_rotation.start",
        "POST",
        _PATH,
        start,
        show=show,
        writes=True,
        status=202,
        summary="Rotate the master key",
        tags=_TAGS,
    ),
    Route("admin.key_rotation", "GET", _PATH, newest, show=show, summary="The latest rotation of the key", tags=_TAGS),
    Route(
        "admin.instance", "GET", "/admin/v1/instance", instance, prepare=look, summary="The installation", tags=_TAGS
    ),
)
