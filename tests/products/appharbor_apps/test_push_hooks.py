"""GitHub tells of a push: its commit is built, from an address that no body can name."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from tests.products.appharbor_apps.conftest import Harbor

from harbor.products.appharbor_apps.builder.port import Remote

COMMIT = "4be1" * 10
PUSH: dict[str, Any] = {
    "ref": "refs/heads/main",
    "after": COMMIT,
    "deleted": False,
    "head_commit": {"id": COMMIT, "message": "Fix the ebb", "url": "https://evil.example.test"},
    "repository": {"full_name": "ada/tide-tables", "archive_url": "http://169.254.169.254/"},
    "pusher": {"name": "ada"},
}


async def _told(harbor: Harbor, slug: str, body: dict[str, Any], token: str | None = None, **headers: str) -> Any:
    own = (await harbor.ada.get(f"/applications/{slug}/buildtoken"))["token"] if token is None else token
    target = f"/applications/{slug}/hooks/github?authorization={quote(own, safe='')}"
    return await harbor.client().request("POST", target, body, headers=headers)


async def test_a_push_builds_the_archive_of_its_commit(harbor: Harbor) -> None:
    slug = await harbor.application()

    reply = await _told(harbor, slug, PUSH, **{"X-GitHub-Event": "push"})
    await harbor.work()

    assert (reply.status, reply.json()) == (201, {})
    assert reply.headers["location"].endswith(f"/applications/{slug}/builds/1")
    (build,) = await harbor.ada.get(f"/applications/{slug}/builds")
    assert build["branch"] == {"name": "main", "commit": {"id": COMMIT, "message": "Fix the ebb"}}
    assert harbor.builder.tasks[0].source == Remote(f"https://github.com/ada/tide-tables/archive/{COMMIT}.tar.gz")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"ref": "refs/tags/v1"}, 200),
        ({"deleted": True}, 200),
        ({"after": "HEAD"}, 400),
        ({"after": "../../x"}, 400),
        ({"repository": {"full_name": "ada/../../evil"}}, 400),
        ({"repository": {"full_name": "evil.example.test/x@y"}}, 400),
        ({"repository": None}, 400),
        ({"repository": [1]}, 400),
    ],
)
async def test_what_is_no_push_of_a_branch_builds_nothing(one: Harbor, change: dict[str, Any], status: int) -> None:
    slug = await one.application()

    assert (await _told(one, slug, {**PUSH, **change})).status == status
    assert (await _told(one, slug, {"zen": "Keep it simple"}, **{"X-GitHub-Event": "ping"})).status == 200
    assert await one.ada.get(f"/applications/{slug}/builds") == []


async def test_without_the_token_of_the_application_there_is_nothing(one: Harbor) -> None:
    slug = await one.application()

    for token in ("", "wrong", one.ada.token):
        assert (await _told(one, slug, PUSH, token)).status == 404
    assert (await _told(one, "nosuchone", PUSH, "x")).status == 404
