"""Pushes that GitHub tells of: each builds the archive of its commit. Source: docs/products/appharbor.md#push-hooks.

The address of the archive is made here from the name of the repository: what a body says of addresses is not believed.
"""

from __future__ import annotations

import re
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.http.services import Services
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.builds import service
from harbor.products.appharbor_apps.builds.model import Source, Wanted
from harbor.products.appharbor_apps.setup import setup_of

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_HEADS = "refs/heads/"


class Commit(OpenBody):
    """The newest commit of a push."""

    message: str = ""


class Repository(OpenBody):
    """Where it was pushed."""

    full_name: str = ""


class Push(OpenBody):
    """What GitHub sends; of it only this is read."""

    ref: str = ""
    after: str = ""
    deleted: bool = False
    head_commit: Commit | None = None
    repository: Repository | None = None


def github(call: Call, slug: str, body: Push, request: Request, services: Services) -> Answer:
    """A build of the commit that was pushed; nothing for tags, deleted branches and GitHub's greeting."""
    token = next((value for name, value in request.query if name == "authorization" and value), "")
    inside, application = applications.require_by_build_token(call, slug, token)
    is_push = (request.header(b"x-github-event") or "push").lower() == "push"
    if not is_push or body.deleted or not body.ref.startswith(_HEADS):
        return Answer(200, {})
    repository = "" if body.repository is None else body.repository.full_name
    if not _REPOSITORY.fullmatch(repository) or not _COMMIT.fullmatch(body.after):
        raise Invalid("The body names no repository and commit as GitHub does.")
    url = f"https://github.com/{repository}/archive/{body.after}.tar.gz"
    services.outbound.check_url(url, field="repository")
    wanted = Wanted(
        branch=body.ref.removeprefix(_HEADS),
        commit_id=body.after,
        commit_message="" if body.head_commit is None else body.head_commit.message,
        source=Source.ARCHIVE,
        source_url=url,
    )
    build = service.add(inside, application, wanted, builders_max=setup_of(services).builders_max)
    location = f"{request.base_url}/applications/{slug}/builds/{build.id}"
    answer: dict[str, Any] = {}
    return Answer(201, answer, {"Location": location})


ROUTES = (
    Route(
        "builds.hook_github",
        "POST",
        "/applications/{slug}/hooks/github",
        github,
        auth="route",
        writes=True,
        summary="Build what was pushed to GitHub",
    ),
)
