"""`harbor time export`: everything of an account of Harvest into a ZIP file, or into a folder."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, Final

import click

from harbor.cli.backup_remote import progress
from harbor.cli.output import Exit, Failure
from harbor.cli.reaching import reaching
from harbor.cli.time_session import Harvest, refused, with_harvest

MANIFEST: Final = "manifest.json"
_PIECE_BYTES: Final = 256 * 1024
# An archive of ours has a file for each list and one for each receipt.
_FILES_MAX: Final = 1_000_000


@click.command()
@click.argument("target", metavar="DIR|FILE.zip", type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    default="jsonl",
    show_default=True,
    help="A line of JSON for each thing, or a table for each list.",
)
@click.option("--force", is_flag=True, help="Write over what is there.")
@with_harvest
def export(harvest: Harvest, *, target: str, form: str, force: bool) -> None:
    """Write everything of the account: a file for each list of the API, and all receipts.

    A name that ends with .zip becomes one file, any other a folder. It is written while it comes, and named only when it is whole.

    \b
    Example:
      harbor time export harvest.zip
      harbor time export harvest-folder --format csv
    """
    place = Path(target)
    if place.exists() and not force and (place.is_file() or any(place.iterdir())):
        raise Failure(
            f"{target} is there already.", hint="Pass another name, or --force.", code="exists", exit_code=Exit.USAGE
        )
    is_file = place.suffix.lower() == ".zip"
    if place.exists() and place.is_dir() is is_file:
        raise click.UsageError(f"{target} is a {'folder' if is_file else 'file'}; pass another name.")
    with _beside(place) as file:
        _fetch(harvest, form, file)
        manifest = _manifest(file)
        if is_file:
            os.replace(file.name, place)
        else:
            _unpack(file, place)
    harvest.out.record({"target": target, "form": form, **manifest["counts"]})


def _fetch(harvest: Harvest, form: str, file: IO[bytes]) -> None:
    url = f"{harvest.url}/v2/export.zip"
    with (
        reaching(harvest.url, late="Nothing was written."),
        harvest.http.stream("GET", url, params={"format": form}) as reply,
        progress(harvest.out, "export", None, in_bytes=True) as moved,
    ):
        if not reply.is_success:
            reply.read()
            raise refused(reply)
        for piece in reply.iter_bytes(_PIECE_BYTES):
            file.write(piece)
            moved(len(piece))
    file.flush()
    os.fsync(file.fileno())


def _manifest(file: IO[bytes]) -> Any:
    """What the archive says of itself at its end. Raises `Failure` for half of one."""
    try:
        with zipfile.ZipFile(file.name) as archive:
            return json.loads(archive.read(MANIFEST))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise Failure(
            "The archive came to no end.", hint="Run the command again.", code="incomplete", exit_code=Exit.UNREACHABLE
        ) from None


def _unpack(file: IO[bytes], folder: Path) -> None:
    """Write the files of the archive below the folder, and none of them elsewhere."""
    folder.mkdir(parents=True, exist_ok=True)
    root = folder.resolve()
    with zipfile.ZipFile(file.name) as archive:
        names = archive.namelist()
        if len(names) > _FILES_MAX or not all(_is_below(root, name) for name in names):
            raise Failure(
                "The archive has files that lie outside of it.",
                hint="This is no answer of a Harbor server.",
                code="unsafe_archive",
            )
        archive.extractall(folder)


def _is_below(root: Path, name: str) -> bool:
    return (root / name).resolve().is_relative_to(root) and "\\" not in name and not name.startswith("/")


@contextmanager
def _beside(place: Path) -> Iterator[IO[bytes]]:
    """A file in the folder of the target, so that naming it is one step; gone if it is not named."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        file = NamedTemporaryFile(dir=place.parent, prefix=".harbor-export-", suffix=".zip", delete=False)  # noqa: SIM115
    except OSError as error:
        raise click.UsageError(f"{place} cannot be written: {error.strerror or error}.") from error
    try:
        with file:
            yield file
    finally:
        Path(file.name).unlink(missing_ok=True)
