"""AppHarbor, as its examinations meet it: each route with a request that is right, in the order in which they can be asked.

What an application has is named by its slug, and who may do what is a matter of the role there: so it has examinations of
its own, over every route.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

SECRET: Final = "owls-of-the-harbour"
CALLBACK: Final = "https://client.example/callback"


@dataclass(frozen=True, slots=True)
class Step:
    """One request. `$name` is what was kept under that name: the last segment of the address that a step answered with.

    `role` is the least that may ask it: anybody, somebody with a token, or a role of the application.
    """

    route: str
    target: str
    status: int
    role: str
    body: Mapping[str, Any] | bytes | None = None
    keeps: str | None = None


def _read(route: str, target: str, role: str = "collaborator") -> Step:
    return Step(route, target, 200, role)


def _make(
    route: str, target: str, body: Mapping[str, Any] | bytes, keeps: str, role: str = "administrator", status: int = 201
) -> Step:
    return Step(route, target, status, role, body, keeps)


_APP: Final = "/applications/tidetables"
_BUILD: Final = f"{_APP}/builds/$build"
_ARCHIVE: Final = {"download_url": "http://127.0.0.1:9/x.tar.gz?token=" + SECRET}

MAKING: Final = (
    _make("applications.create", "/applications", {"name": "Tide Tables"}, "slug", "person"),
    _make("tokens.create", "/user/tokens", {"name": "Second"}, "token", "person"),
    _make("clients.create", "/clients", {"name": "Client", "callback_url": CALLBACK, "application_url": CALLBACK}, "client",
          "person"),
    _make("variables.create", f"{_APP}/configurationvariables", {"key": "TZ", "value": SECRET}, "variable"),
    _make("hostnames.create", f"{_APP}/hostnames", {"value": "tides.example.test"}, "hostname"),
    _make("service_hooks.create", f"{_APP}/servicehooks", {"url": "http://127.0.0.1:9/hook"}, "hook"),
    _make("drains.create", f"{_APP}/drains", {"value": "syslog://logs.example.test:514"}, "drain"),
    _make("exceptions.create", f"{_APP}/errors", {"exception": {"type": "IndexError"}}, "exception", "collaborator"),
    _make("log_sessions.create", f"{_APP}/logsession", {"tail": False, "limit": 10}, "session", "collaborator"),
    _make("builds.upload", f"{_APP}/builds/upload?message=first", b"an archive", "build", "collaborator"),
    _make("builds.create", f"{_APP}/builds", {"branches": {"second": _ARCHIVE}}, "archive", "collaborator"),
    _make("builds.create_singular", "/application/tidetables/build", {"branches": {"third": _ARCHIVE}}, "archive", "collaborator"),
)  # fmt: skip

# After the jobs have run.
READING: Final = (
    _read("user.retrieve", "/user", "person"),
    _read("tokens.list", "/user/tokens", "person"),
    _read("clients.list", "/clients", "person"),
    _read("grants.list", "/user/authorizations", "person"),
    _read("applications.list", "/applications", "person"),
    _read("applications.retrieve", _APP),
    _read("applications.build_token", f"{_APP}/buildtoken"),
    _read("builds.list", f"{_APP}/builds?count=5&offset="),
    _read("builds.retrieve", _BUILD),
    _read("builds.log", f"{_BUILD}/logs/1"),
    _read("builds.download", f"{_BUILD}/download"),
    _read("tests.list", f"{_BUILD}/tests"),
    _read("tests.retrieve", f"{_BUILD}/tests/1.1"),
    _read("collaborators.list", f"{_APP}/collaborators"),
    _read("collaborators.retrieve", f"{_APP}/collaborators/$collaborator"),
    _read("variables.list", f"{_APP}/configurationvariables"),
    _read("variables.retrieve", f"{_APP}/configurationvariables/$variable"),
    _read("hostnames.list", f"{_APP}/hostnames"),
    _read("hostnames.retrieve", f"{_APP}/hostnames/$hostname"),
    _read("service_hooks.list", f"{_APP}/servicehooks"),
    _read("service_hooks.retrieve", f"{_APP}/servicehooks/$hook"),
    _read("exceptions.list", f"{_APP}/errors"),
    _read("exceptions.retrieve", f"{_APP}/errors/$exception"),
    _read("drains.list", f"{_APP}/drains"),
    _read("drains.retrieve", f"{_APP}/drains/$drain"),
    _read("logs.list", f"{_APP}/logs?limit=5&search=tide"),
    _read("releases.list", f"{_APP}/releases"),
    _read("formation.list", f"{_APP}/formation"),
    _read("processes.list", f"{_APP}/processes"),
    _read("git.refs", "/tidetables.git/info/refs?service=git-upload-pack"),
)

CHANGING: Final = (
    # First: a changed variable deploys the build too, and then it is being deployed.
    Step("builds.deploy", f"{_BUILD}/deploy", 204, "collaborator"),
    Step("applications.edit", _APP, 200, "administrator", {"name": "Tides"}),
    Step(
        "variables.edit", f"{_APP}/configurationvariables/$variable", 200, "administrator", {"key": "Z", "value": "1"}
    ),
    Step("hostnames.edit", f"{_APP}/hostnames/$hostname", 200, "administrator", {"canonical": True}),
    Step("collaborators.edit", f"{_APP}/collaborators/$collaborator", 200, "administrator", {"role": "collaborator"}),
    Step("formation.edit", f"{_APP}/formation", 200, "administrator", {"web": {"quantity": 2}, "worker": 0}),
    # While the deployment above has not begun.
    Step("releases.rollback", f"{_APP}/releases/1/rollback", 409, "collaborator"),
    # Nothing runs where nobody runs it.
    Step("runs.create", f"{_APP}/runs", 503, "collaborator", {"command": "env"}),
    Step("git.pull", "/tidetables.git/git-upload-pack", 200, "collaborator", b"0000"),
    Step("git.push", "/tidetables.git/git-receive-pack", 200, "collaborator", b"0000"),
)

DELETING: Final = (
    Step("applications.rotate_build_token", f"{_APP}/buildtoken", 200, "administrator"),
    Step("applications.stop_precompiling", f"{_APP}/precompilation", 204, "administrator"),
    Step("variables.delete", f"{_APP}/configurationvariables/$variable", 204, "administrator"),
    Step("hostnames.delete", f"{_APP}/hostnames/$hostname", 204, "administrator"),
    Step("service_hooks.delete", f"{_APP}/servicehooks/$hook", 204, "administrator"),
    Step("drains.delete", f"{_APP}/drains/$drain", 204, "administrator"),
    Step("collaborators.delete", f"{_APP}/collaborators/$collaborator", 204, "administrator"),
    Step("applications.delete", _APP, 204, "owner"),
    Step("tokens.delete", "/user/tokens/$token", 204, "person"),
    Step("clients.delete", "/clients/$client", 204, "person"),
)

OPEN: Final = (
    Step("oauth.authorize", "/user/authorizations/new?client_id=$client", 302, "anybody"),
    Step("oauth.token", "/tokens", 400, "anybody", {"client_id": "none", "code": "none"}),
    Step("oauth.password", "/token", 401, "anybody", {"username": "nobody", "password": "nothing"}),
    Step("header", "/header", 200, "anybody"),
    Step("log_sessions.open", "/sessions/$session", 200, "anybody"),
)
# Asked elsewhere: whose grant it is, is a story of its own; GitHub comes with the application's token.
TOLD_ELSEWHERE: Final = frozenset({"grants.delete", "collaborators.create", "builds.hook_github"})
STORY: Final = (*MAKING, *OPEN, *READING, *CHANGING, *DELETING)
