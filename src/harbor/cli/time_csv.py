"""The rows of a CSV file into Harvest: sent, watched, and what is wrong with them by line."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from harbor.cli.backup_remote import progress
from harbor.cli.output import Exit, Failure
from harbor.cli.time_session import Harvest

BYTES_MAX: Final = 16 * 1024 * 1024
_LOOK_S: Final = 0.1
_LOOK_S_MAX: Final = 2.0
_SHOWN: Final = ("id", "state", "rows", "written", "there_before", "left_out")
_LINES_MAX: Final = 50


def import_csv(harvest: Harvest, file: str, *, kind: str, dry_run: bool, create_missing: bool, waits: bool) -> None:
    """Import a file. Ends with 1 if a row was left out."""
    fields = {"kind": kind, "dry_run": str(dry_run).lower(), "create_missing": str(create_missing).lower()}
    found = harvest.send("/v2/csv_imports", fields, name=Path(file).name, file=_content(file))
    if waits:
        found = _watched(harvest, found)
    if harvest.out.as_json:
        harvest.out.record(found)
    else:
        made = {f"made: {name}": count for name, count in found["created"].items()}
        harvest.out.record({**{name: found[name] for name in _SHOWN}, **made})
        lines = found.get("lines") or []
        if lines:
            harvest.out.table({"data": lines[:_LINES_MAX]}, ("line", "problem"))
        if found["dry_run"]:
            harvest.out.note("Nothing was written: this was a trial.")
    if found["state"] == "failed":
        raise Failure(found["error"] or "The import failed.", code="import_failed", facts={"import": found["id"]})
    if found["left_out"]:
        click.get_current_context().exit(Exit.REFUSED)


def _content(file: str) -> bytes:
    try:
        with Path(file).open("rb") as stream:
            content = stream.read(BYTES_MAX + 1)
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror or error}.") from error
    if len(content) > BYTES_MAX:
        raise Failure(
            f"{file} has more than {BYTES_MAX // 1024**2} MiB.",
            hint="Split it; each part needs the first line.",
            code="too_large",
            exit_code=Exit.USAGE,
        )
    return content


def _watched(harvest: Harvest, found: Mapping[str, Any]) -> Any:
    """The import once it has ended, with a bar until then."""
    path, done, wait_s = f"/v2/csv_imports/{found['id']}", 0, _LOOK_S
    with progress(harvest.out, f"import {found['id']}", found["rows"], in_bytes=False) as moved:
        while True:
            found = harvest.get(path)
            now = found["written"] + found["there_before"] + found["left_out"]
            moved(now - done)
            done = now
            if found["state"] not in ("waiting", "running"):
                return found
            time.sleep(wait_s)
            wait_s = min(_LOOK_S_MAX, wait_s * 1.5)
