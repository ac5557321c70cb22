"""The asynchronous client as if it blocked, so that one test can tell what both clients do."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any

from harbor_sdk import AsyncHarbor, Harbor

BOTH = ("sync", "async")


@contextmanager
def constructing(kind: str) -> Iterator[Any]:
    """What constructs a client of one of `BOTH` kinds, as `Harbor` does."""
    if kind == "sync":
        yield Harbor
        return
    with asyncio.Runner() as runner:
        yield partial(BlockingHarbor, runner)


class Blocking:
    """Something of the asynchronous client; what it gives to wait for is waited for on the loop of `runner`."""

    def __init__(self, thing: Any, runner: asyncio.Runner) -> None:
        self._thing = thing
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        return self._had(getattr(self._thing, name))

    def __call__(self, *args: Any, **given: Any) -> Any:
        return self._had(self._thing(*args, **given))

    def __iter__(self) -> Iterator[Any]:
        return Blocking(aiter(self._thing), self._runner)

    def __next__(self) -> Any:
        try:
            return self._runner.run(_wait(anext(self._thing)))
        except StopAsyncIteration:
            raise StopIteration from None

    def __enter__(self) -> Any:
        return self._had(self._thing.__aenter__())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._had(self._thing.__aexit__(kind, error, trace))

    def __repr__(self) -> str:
        return repr(self._thing)

    def _had(self, value: Any) -> Any:
        if inspect.iscoroutine(value):
            return self._had(self._runner.run(value))
        is_of_the_client = type(value).__module__.startswith("harbor_sdk.aio")
        is_to_be_awaited = inspect.ismethod(value) or inspect.isasyncgen(value)
        return Blocking(value, self._runner) if is_of_the_client or is_to_be_awaited else value


class BlockingHarbor(Blocking):
    """Constructed like `Harbor`, with a `sleep` that blocks."""

    def __init__(self, runner: asyncio.Runner, *args: Any, **given: Any) -> None:
        if "sleep" in given:
            given["sleep"] = _awaitable(given["sleep"])
        super().__init__(AsyncHarbor(*args, **given), runner)

    def __enter__(self) -> Any:
        super().__enter__()
        return self


async def _wait(value: Any) -> Any:
    return await value


def _awaitable(sleep: Callable[[float], None]) -> Callable[[float], Any]:
    async def told(seconds: float) -> None:
        sleep(seconds)

    return told
