"""What the words for this machine share: settings, the data directory, running to the end, refusals as failures."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from harbor.cli.output import Exit, Failure, Output
from harbor.kernel.errors import HarborError, StartRefused
from harbor.kernel.settings import Settings, load

P = ParamSpec("P")
T = TypeVar("T")

DATA_DEFAULT = "harbor-data"

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help=f"The data directory.  [default: $HARBOR_DATA or ./{DATA_DEFAULT}]",
)
database_option = click.option(
    "--database", default=None, metavar="URL", help="A PostgreSQL URL; without it SQLite in the data directory."
)


def settings_of(flags: Mapping[str, object], out: Output) -> Settings:
    """The settings of this call. Warnings go to stderr."""
    given = {name: value for name, value in flags.items() if value is not None}
    data = Path(str(given.get("data") or os.environ.get("HARBOR_DATA") or DATA_DEFAULT)).expanduser().absolute()
    given["data"] = data
    settings, warnings = load(flags=given, environ=os.environ, data_dir=data)
    for warning in warnings:
        out.note(f"warning: {warning}")
    return settings


@contextmanager
def refusals() -> Iterator[None]:
    """What stops a start or a change becomes one sentence and exit code 1."""
    try:
        yield
    except StartRefused as refused:
        raise Failure(str(refused), code="start_refused", exit_code=Exit.REFUSED) from None
    except HarborError as error:
        raise Failure(error.message, code=error.code) from None


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end on the fast loop, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def refusing(command: Callable[P, None]) -> Callable[P, None]:
    """A command whose refusals are shown as one sentence."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        with refusals():
            command(*args, **kwargs)

    return wrapped
