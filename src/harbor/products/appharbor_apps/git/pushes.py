"""One push: a socket on which its hooks ask, the policy they are told, and the builds that come of it.

Before refs change: only branches and tags, and not more of them than a build queue takes. Afterwards every tip of a
branch is built, or deployed if the tracked branch got a commit that was built already; the log goes to the pusher until
the build and its deployment are over. Source: docs/products/appharbor.md#git.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from harbor.kernel.bounds import KIB
from harbor.kernel.errors import HarborError
from harbor.products.appharbor_apps.git.repositories import Repositories

log = structlog.get_logger("harbor.appharbor")

HEADS = "refs/heads/"
TAGS = "refs/tags/"
UPDATES_MAX = 200
BRANCH_LENGTH_MAX = 250
QUESTION_BYTES_MAX = 256 * KIB
FOLLOW_S_MAX = 3_600.0
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Question(msgspec.Struct):
    """What a hook asks: old id, new id and name of each ref, and the options of the push."""

    hook: str
    updates: list[tuple[str, str, str]]
    options: list[str] = []


@dataclass(frozen=True, slots=True)
class Tip:
    """A branch that was pushed: its name, commit and message."""

    branch: str
    commit_id: str
    message: str


Say = Callable[[str], Awaitable[None]]
# Records builds for the tips and tells the pusher of them, to the end unless the pusher does not want to wait.
Received = Callable[[Sequence[Tip], bool, Say], Awaitable[None]]


@asynccontextmanager
async def listening(repositories: Repositories, path: Path, received: Received) -> AsyncIterator[Path]:
    """A socket for the hooks of one push to the repository at `path`, open until the block ends."""
    # Not below the data directory: an address of a socket has at most 107 bytes.
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="harbor-push-"))
    push = _Push(repositories, path, received)
    server = await asyncio.start_unix_server(push.answer, folder / "s", limit=QUESTION_BYTES_MAX)
    try:
        yield folder / "s"
    finally:
        server.close()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


class _Push:
    def __init__(self, repositories: Repositories, path: Path, received: Received) -> None:
        self._repositories = repositories
        self._path = path
        self._received = received

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(text: str) -> None:
            for line in text.splitlines() or [""]:
                writer.write(b"O " + line.encode("utf-8", "replace") + b"\n")
            await writer.drain()

        try:
            question = msgspec.json.decode(await reader.readuntil(b"\n"), type=Question)
            if question.hook == "pre-receive":
                refusal = refusal_of(question)
                if refusal is not None:
                    await say(refusal)
                writer.write(b"A\n" if refusal is None else b"R\n")
            else:
                await self._take(question, say)
                writer.write(b"A\n")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, msgspec.MsgspecError):
            pass  # the pusher is gone, or was no hook of ours
        finally:
            writer.close()

    async def _take(self, question: Question, say: Say) -> None:
        tips = []
        for _, new, ref in question.updates:
            if ref.startswith(HEADS) and new.strip("0") and _COMMIT.fullmatch(new):
                message = await self._repositories.commit_message(self._path, new)
                tips.append(Tip(ref[len(HEADS) :], new, message))
        if not tips:
            return
        await self._repositories.point_head(self._path, tips[0].branch)
        try:
            await self._received(tips, "nowait" not in question.options, say)
        except OSError:
            raise
        except HarborError as refused:
            await say(refused.message)
        except Exception:
            log.exception("push_not_built", repository=str(self._path))
            await say("The push is kept, but its build could not be queued.")


def refusal_of(question: Question) -> str | None:
    """Why a push is refused, or None."""
    if len(question.updates) > UPDATES_MAX:
        return f"A push may change at most {UPDATES_MAX} branches and tags at once."
    for _, _, ref in question.updates:
        if not ref.startswith((HEADS, TAGS)):
            return f"{ref[:100]} is neither a branch nor a tag."
        if len(ref.partition("/")[2].partition("/")[2]) > BRANCH_LENGTH_MAX:
            return f"Names of branches and tags have at most {BRANCH_LENGTH_MAX} characters."
    return None


def deadline() -> float:
    """Until when a pusher is kept waiting, as a monotonic moment."""
    return time.monotonic() + FOLLOW_S_MAX
