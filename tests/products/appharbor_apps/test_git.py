"""Git over HTTP with the system's git: pushes, pulls, who may, what a push leads to, hostile names and refs."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import uvloop
from tests.products.appharbor_apps.conftest import PASSWORD, Harbor

from harbor.kernel.http.request import Mount
from harbor.products.appharbor_apps.git.backend import Backend
from harbor.products.appharbor_apps.git.pushes import Question, refusal_of
from harbor.products.appharbor_apps.git.repositories import environment


def git(folder: Path, *arguments: str) -> str:
    """What git prints on both ways; raises with it if git fails."""
    told = environment(
        {
            "PATH": os.environ["PATH"],
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.test",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.test",
        }
    )
    done = subprocess.run(["git", *arguments], cwd=folder, env=told, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise AssertionError(done.stdout + done.stderr)
    return done.stdout + done.stderr


async def running(folder: Path, *arguments: str) -> str:
    return await asyncio.to_thread(git, folder, *arguments)


@asynccontextmanager
async def served(harbor: Harbor) -> AsyncIterator[int]:
    """The port of a real server on this machine; jobs run as they come."""
    pipeline = harbor.house.pipelines["appharbor"]

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await pipeline(scope, receive, send, scope["path"], Mount(origin=f"http://127.0.0.1:{port}"))

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(application, lifespan="off", log_level="warning", ws="none"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await harbor.house.worker.start()
        try:
            while not server.started:
                await asyncio.sleep(0.01)
            yield port
        finally:
            server.should_exit = True
            await serving


def sources(folder: Path, text: str = "print('tides')\n") -> Path:
    """A repository with one commit."""
    git(folder, "init", "--quiet", "--initial-branch=main", "tides")
    work = folder / "tides"
    (work / "app.py").write_text(text)
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", "Fix the ebb\n\nIt ebbed.")
    return work


def address(harbor: Harbor, port: int, slug: str, password: str | None = None) -> str:
    return f"http://ada:{password or harbor.ada.token}@127.0.0.1:{port}/{slug}.git"


async def test_a_push_is_built_deployed_and_told_of(one: Harbor, tmp_path: Path) -> None:
    slug = await one.application()
    work = sources(tmp_path)
    commit = git(work, "rev-parse", "HEAD").strip()

    async with served(one) as port:
        said = await running(work, "push", address(one, port, slug), "main")
        (build,) = await one.ada.get(f"/applications/{slug}/builds")
        await running(tmp_path, "clone", "--quiet", address(one, port, slug), "copy")

    assert build["status"] == "Succeeded"
    assert build["deployed"] is not None
    assert build["branch"] == {"name": "main", "commit": {"id": commit, "message": "Fix the ebb\n\nIt ebbed."}}
    for text in (
        "is queued: http://127.0.0.1:",
        "remote: Installing dependencies",
        "Release v1",
        "is live: http://tidetables.apps",
    ):
        assert text in said
    assert (tmp_path / "copy" / "app.py").is_file()


async def test_the_password_of_the_account_is_as_good_as_a_token(one: Harbor, tmp_path: Path) -> None:
    slug = await one.application()
    work = sources(tmp_path)

    async with served(one) as port:
        await running(work, "push", "-o", "nowait", address(one, port, slug, PASSWORD.replace(" ", "%20")), "main")

    assert len(await one.ada.get(f"/applications/{slug}/builds")) == 1


async def test_a_commit_that_was_built_is_deployed_and_not_built_again(one: Harbor, tmp_path: Path) -> None:
    slug = await one.application()
    work = sources(tmp_path)

    async with served(one) as port:
        await running(work, "push", address(one, port, slug), "main:feature")
        said = await running(work, "push", address(one, port, slug), "main")

    assert "was built before" in said
    assert len(one.builder.tasks) == 1


async def test_a_large_push_goes_through_in_pieces(one: Harbor, tmp_path: Path) -> None:
    slug = await one.application()
    work = sources(tmp_path)
    (work / "large").write_bytes(os.urandom(6_000_000))
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", "Large")

    async with served(one) as port:
        await running(work, "push", "-o", "nowait", address(one, port, slug), "main")

    assert len(await one.ada.get(f"/applications/{slug}/builds")) == 1


async def test_tags_and_deleted_branches_build_nothing(one: Harbor, tmp_path: Path) -> None:
    slug = await one.application()
    work = sources(tmp_path)

    async with served(one) as port:
        await running(work, "push", "-o", "nowait", address(one, port, slug), "main:refs/tags/v1")
        await running(work, "push", "-o", "nowait", address(one, port, slug), "main:feature")
        await running(work, "push", "-o", "nowait", address(one, port, slug), ":feature")

    assert len(await one.ada.get(f"/applications/{slug}/builds")) == 1


async def test_refs_of_other_kinds_are_refused_with_a_reason(one: Harbor, tmp_path: Path) -> None:
    slug = await one.application()
    work = sources(tmp_path)

    async with served(one) as port:
        with pytest.raises(AssertionError, match="neither a branch nor a tag"):
            await running(work, "push", address(one, port, slug), "main:refs/notes/x")

    assert await one.ada.get(f"/applications/{slug}/builds") == []


async def test_a_push_that_is_too_large_is_refused(one: Harbor, tmp_path: Path) -> None:
    one.repositories._push_bytes_max = 1_000_000
    slug = await one.application()
    work = sources(tmp_path)
    (work / "large").write_bytes(os.urandom(1_500_000))
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", "Large")

    async with served(one) as port:
        with pytest.raises(AssertionError, match="exceeds maximum allowed size"):
            await running(work, "push", address(one, port, slug), "main")

    assert await one.ada.get(f"/applications/{slug}/builds") == []


async def test_hostile_submodules_are_refused(one: Harbor, tmp_path: Path) -> None:
    slug = await one.application()
    work = sources(tmp_path)
    (work / ".gitmodules").write_text('[submodule "x"]\n\tpath = x\n\turl = --upload-pack=touch /tmp/owned\n')
    git(work, "add", ".")
    git(work, "commit", "--quiet", "-m", "Hostile")

    async with served(one) as port:
        with pytest.raises(AssertionError, match="gitmodules"):
            await running(work, "push", address(one, port, slug), "main")


def _basic(password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'ada:{password}'.encode()).decode()}"}


async def test_who_may_not_is_told_nothing(one: Harbor) -> None:
    slug = await one.application()
    target = f"/{slug}.git/info/refs?service=git-receive-pack"

    nobody = await one.client().request("GET", target)
    wrong = await one.client(_basic("wrong")).request("GET", target)
    stranger = await one.client(_basic(one.grace.token)).request("GET", target)
    unknown = await one.client(_basic(one.grace.token)).request("GET", target.replace(slug, "nowhere"))

    assert nobody.status == wrong.status == 401
    assert nobody.headers["www-authenticate"].startswith('Basic realm="Harbor"')
    assert (stranger.status, stranger.body) == (unknown.status, unknown.body)
    assert stranger.status == 404


async def test_a_collaborator_pulls_and_a_token_that_reads_does_not_push(one: Harbor) -> None:
    slug = await one.application()
    await one.collaborator(slug)
    made = await one.grace.ask("POST", "/user/tokens", {"name": "Reader", "scope": "read"})
    reader = one.client(_basic(made.json()["access_token"]))

    pulled = await reader.request("GET", f"/{slug}.git/info/refs?service=git-upload-pack")
    pushed = await reader.request("GET", f"/{slug}.git/info/refs?service=git-receive-pack")

    assert (pulled.status, pulled.headers["content-type"]) == (200, "application/x-git-upload-pack-advertisement")
    assert pushed.status == 403


@pytest.mark.parametrize(
    "target",
    [
        "/..%2F..%2Fetc.git/info/refs?service=git-upload-pack",
        "/.git/info/refs?service=git-upload-pack",
        "/tide%00tables.git/info/refs?service=git-upload-pack",
        "/-x.git/info/refs?service=git-upload-pack",
        "/TIDETABLES.git/info/refs?service=git-upload-pack",
        "/tidetables.git/info/refs",
        "/tidetables.git/info/refs?service=git-shell",
        "/tidetables.git/HEAD",
        "/tidetables.git/objects/info/packs",
        "/tidetables.git/config",
        "/tidetables.git/../tidetables.git/info/refs?service=git-upload-pack",
    ],
)
async def test_hostile_addresses_lead_nowhere(one: Harbor, target: str) -> None:
    await one.application()

    reply = await one.client(_basic(one.ada.token)).request("GET", target)

    assert reply.status == 404, reply.body


@pytest.mark.parametrize(
    ("ref", "is_refused"),
    [
        ("refs/heads/main", False),
        ("refs/tags/v1", False),
        ("HEAD", True),
        ("refs/harbor/x", True),
        ("refs/heads/" + "x" * 251, True),
    ],
)
def test_which_refs_a_push_may_change(ref: str, is_refused: bool) -> None:
    assert (refusal_of(Question(hook="pre-receive", updates=[("0" * 40, "a" * 40, ref)])) is not None) is is_refused


def test_git_may_be_through_before_it_was_told_everything(tmp_path: Path) -> None:
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\nrefs'\n")
    program.chmod(0o700)
    gone = tmp_path / "gone"

    async def receive() -> dict[str, object]:
        while not gone.exists():
            await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"", "more_body": False}

    class Hasty(Backend):
        async def _start(self, repository: Path, about: Mapping[str, str]) -> asyncio.subprocess.Process:
            child = await super()._start(repository, about)
            await child.wait()
            gone.touch()
            return child

    async def asked() -> tuple[int, bytes]:
        backend = Hasty(str(program), body_bytes_max=100)
        status, _, chunks = await backend.serve(tmp_path / "repository.git", receive, {})
        return status, b"".join([chunk async for chunk in chunks])

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loops:
        assert loops.run(asked()) == (200, b"refs")
