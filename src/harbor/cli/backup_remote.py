"""What the words that look after an installation share: its server by the admin key, and how far something is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from harbor.cli.options import ADMIN_KEY, Session, key_option, session_of
from harbor.cli.output import Output

admin_key_option = key_option(ADMIN_KEY)


def admin_session(host: str, key: str | None, out: Output) -> AbstractContextManager[Session]:
    """A connection to the server with the admin key. Raises `Failure` without one, and for what the server refuses."""
    return session_of(host, key, out, None, ADMIN_KEY)


@contextmanager
def progress(out: Output, words: str, total: int | None, *, in_bytes: bool) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, and nothing elsewhere: call what it gives with how much came since."""
    if out.as_json or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    amount = DownloadColumn() if in_bytes else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=total)
        yield lambda amount: bar.update(task, advance=amount)
