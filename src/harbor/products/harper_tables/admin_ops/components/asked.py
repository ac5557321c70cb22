"""Fields of operations on components."""

from __future__ import annotations

import asyncio
from typing import Any

from harbor.kernel.http.request import Request
from harbor.kernel.http.services import Services
from harbor.products.harper_tables.admin_ops import asking
from harbor.products.harper_tables.admin_ops.components import archives
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.rights import User

_RULE = "Project name can only contain alphanumeric, dash and underscores characters"


def project(body: Fields) -> str:
    """The name of a project."""
    found = asking.name(body, "project")
    if found and not asking.PROJECT.fullmatch(found):
        body.refuse(_RULE, field="project")
    return found


async def prepare_archive(value: object, request: Request, services: Services) -> tuple[bytes, archives.Files] | None:  # noqa: ARG001
    """The payload of a deployment and its files, unpacked on a thread; None without one, or for whom it is not."""
    caller = request.principal
    payload: Any = value.get("payload") if isinstance(value, dict) else None
    if payload is None or not isinstance(caller, User):
        return None
    if not (caller.rights.is_super_user or caller.rights.is_listed(request.route_name)):
        return None

    def unpack() -> tuple[bytes, archives.Files]:
        raw = archives.decoded(payload)
        return raw, archives.unpacked(raw)

    return await asyncio.to_thread(unpack)
