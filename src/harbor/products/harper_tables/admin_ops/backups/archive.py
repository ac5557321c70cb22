"""The form of a backup: a tar with `manifest.json`, and for each table a file of lines, one record each.

The manifest names the tables; `0.jsonl` has the records of the first of them in the order of their keys, in the form
values have in the store. The audit, where it
was asked for, lies beside it as `0.audit.jsonl`. Source: docs/products/harper.md#backups.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harbor.kernel.bounds import MIB
from harbor.kernel.call import Call
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import TIMES, Table
from harbor.products.harper_tables.records import audit
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.search import service as search
from harbor.products.harper_tables.search.model import Query
from harbor.products.harper_tables.values import Doc, from_text, to_text

FORM: Final = "harbor harper backup 1"
BYTES_MAX: Final = 256 * MIB
_PACKING: Final = 1
_MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A backup: its bytes, and how many files are in it."""

    content: bytes
    files: int


def take(call: Call, database: str, names: Sequence[str] = (), *, has_audit: bool, is_packed: bool = True) -> Taken:
    """A backup of the tables of a database, or of some of them, as of this transaction. Raises `Missing`, `Invalid`."""
    tables = catalog.tables(call, database)
    if names:
        tables = [catalog.to_read(call, database, name) for name in names]
    out, files, left = io.BytesIO(), 1, BYTES_MAX
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        manifest = {"form": FORM, "database": database, "tables": [_described(table) for table in tables]}
        _add(archive, call, _MANIFEST, to_text(manifest).encode())
        for number, table in enumerate(tables):
            files += 1
            left = _add(archive, call, f"{number}.jsonl", _lines(_records(call, table), left), left)
            if has_audit and table.is_audited:
                files += 1
                left = _add(archive, call, f"{number}.audit.jsonl", _lines(_changes(call, table), left), left)
    content = out.getvalue()
    return Taken(content=gzip.compress(content, _PACKING, mtime=0) if is_packed else content, files=files)


def read(content: bytes) -> tuple[dict[str, Any], list[list[Doc]]]:
    """The manifest of a backup and the records of each table. Raises `ValueError` for bytes that are none."""
    try:
        raw = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
            held = {entry.name: archive.extractfile(entry) for entry in archive if entry.isreg()}
            manifest = from_text(_text(held[_MANIFEST]))
            tables = [_text(held[f"{number}.jsonl"]) for number in range(len(manifest["tables"]))]
        if manifest["form"] != FORM:
            raise ValueError(manifest["form"])
        return manifest, [[from_text(line) for line in text.splitlines()] for text in tables]
    except (OSError, EOFError, zlib.error, tarfile.TarError, KeyError, TypeError) as error:
        raise ValueError(str(error)) from None


def _text(held: Any) -> str:
    return str(held.read().decode())


def _described(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "primary_key": table.primary_key,
        "settings": dict(table.settings),
        "attributes": [{"name": each.name, "definition": dict(each.definition)} for each in table.attributes.values()],
    }


def _records(call: Call, table: Table) -> Iterator[Doc]:
    for match in search.matches(call.tx, table, Query()):
        yield {name: value for name, value in match.doc.items() if not table.shows_times or name not in TIMES}


def _changes(call: Call, table: Table) -> Iterator[Doc]:
    for each in audit.between(call, table, None, None, None):
        yield {
            "timestamp": each.position,
            "user": each.user,
            "operation": each.operation,
            "ids": each.ids,
            "records": each.records,
            "before": each.before,
        }


def _lines(docs: Iterator[Doc], left: int) -> bytes:
    out = bytearray()
    for doc in docs:
        out += to_text(doc).encode()
        out += b"\n"
        if len(out) > left:
            raise invalid(
                f"A backup may have {BYTES_MAX} bytes before it is packed; name the tables, or use `harbor backup`.",
                code="backup_too_large",
            )
    return bytes(out)


def _add(archive: tarfile.TarFile, call: Call, name: str, content: bytes, left: int = 0) -> int:
    """Add a file; how many bytes are left for others."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = len(content), int(call.tx.now.timestamp()), 0o600
    archive.addfile(entry, io.BytesIO(content))
    return left - len(content)
