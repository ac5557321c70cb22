"""Asking a server that may not be there: what a command says then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harbor.cli.output import Exit, Failure


@contextmanager
def reaching(url: str, *, late: str) -> Iterator[None]:
    """Around one request to `url`. Raises `Failure` if nobody answers; `late` says what to look at after a silence."""
    import httpx

    try:
        yield
    except httpx.TimeoutException:
        raise Failure(f"{url} did not answer in time.", hint=late, code="timeout", exit_code=Exit.UNREACHABLE) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Failure(
            f"{url} does not answer: {error}",
            hint="Is the server running (`harbor serve`)? --host or HARBOR_URL names another one.",
            code="connection_error",
            exit_code=Exit.UNREACHABLE,
        ) from None
