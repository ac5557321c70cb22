"""One-off commands, and what runs. Source: docs/products/appharbor.md#one-off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid, Unavailable
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.request import Reply
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import Stage
from harbor.products.appharbor_apps.access.model import READ, WRITE
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right, check_command
from harbor.products.appharbor_apps.runner.client import Runner
from harbor.products.appharbor_apps.telling import tell

TIMEOUT_S_DEFAULT = 60
TIMEOUT_S_MAX = 3_600
# Somebody waits for it, and so do the proxies between.
WAITED_S_MAX = 300


class Run(OpenBody):
    """A command. With `detach` it goes on after the answer, and what it says is in the log."""

    command: str
    detach: bool = False
    timeout: int = TIMEOUT_S_DEFAULT


async def create(stage: Stage, services: Services, slug: str) -> Reply:
    """Run a command in the live release."""

    def begin(call: Call, body: Run, _place: Place) -> tuple[Application, Run, str]:
        inside, application = applications.require(call, slug, Right.PUSH)
        command = check_command(body.command, "command")
        if command is None:
            raise Invalid("command is required.", field="command")
        if not 1 <= body.timeout <= (TIMEOUT_S_MAX if body.detach else WAITED_S_MAX):
            raise Invalid(
                f"timeout must be from 1 to {WAITED_S_MAX} seconds, or {TIMEOUT_S_MAX} with detach.", field="timeout"
            )
        tell(inside, "run.started", application.id, detach=body.detach)
        return application, body, command

    application, body, command = await stage.first(begin)
    runner = runner_of(services)
    if body.detach:
        await runner.detach(application.id, command, body.timeout)
        return await stage.last(lambda _call: Answer(202))
    code, lines = await runner.run(application.id, command, body.timeout)
    answer = {"exit_code": code, "timed_out": code is None, "output": "\n".join(lines)}
    return await stage.last(lambda _call: Answer(200, answer))


async def status(services: Services) -> Mapping[str, Any]:
    """What runs, of all applications; nothing where no runner is there."""
    try:
        answer = await runner_of(services).ask({"do": "status"})
    except Unavailable:
        return {}
    return dict(answer["applications"])


def processes(call: Call, slug: str, prepared: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The processes of an application."""
    _, application = applications.require(call, slug, Right.READ)
    found = prepared.get(str(application.id), {}).get("processes", [])
    return [
        {
            "name": each["name"],
            "release": each["release"],
            "started": datetime.fromtimestamp(each["started_at"], UTC),
            "state": "up" if each["is_live"] else "starting or ending",
        }
        for each in sorted(found, key=lambda each: (each["name"], each["release"]))
    ]


def runner_of(services: Services) -> Runner:
    """The runner of this installation. Raises `Unavailable` where applications do not run."""
    runner = services.tools.get("appharbor.runner")
    if runner is None:
        raise Unavailable("Applications do not run on this installation.")
    assert isinstance(runner, Runner), runner
    return runner


ROUTES = (
    Route(
        "runs.create",
        "POST",
        "/applications/{slug}/runs",
        create,
        scope=WRITE,
        journey=True,
        takes=Run,
        reply=dict[str, Any],
        summary="Run a command in the live release",
    ),
    Route(
        "processes.list",
        "GET",
        "/applications/{slug}/processes",
        processes,
        scope=READ,
        prepare=status,
        summary="What runs",
    ),
)
