"""Components: projects of files. Stored and given back; what is JavaScript in them is not run."""

from __future__ import annotations

from typing import Any, Final

from harbor.kernel.call import Call
from harbor.products.harper_tables.admin_ops import keeping, store
from harbor.products.harper_tables.admin_ops.components import archives, files_store
from harbor.products.harper_tables.admin_ops.components.archives import Files
from harbor.products.harper_tables.admin_ops.components.files_store import File
from harbor.products.harper_tables.admin_ops.components.paths import parents
from harbor.products.harper_tables.refusals import invalid

NOT_RUN: Final = "Components are stored, listed and packaged here; JavaScript is not run."
_KIND = "component"


def has(call: Call, project: str) -> bool:
    """Whether there is a project of the name."""
    return store.get(call.tx, call.account_id, _KIND, project) is not None


def names(call: Call) -> list[str]:
    """All projects."""
    return [each.name for each in store.listing(call.tx, call.account_id, _KIND)]


def about(call: Call) -> dict[str, dict[str, Any]]:
    """What is known of each project beside its files, by name."""
    return {each.name: each.doc for each in store.listing(call.tx, call.account_id, _KIND)}


def add(call: Call, project: str) -> None:
    """Make an empty project. Raises `Invalid` if there is one."""
    if has(call, project):
        raise invalid("Project already exists", code="project_exists", field="project")
    keeping.keep(call, _KIND, project, {})


def need(call: Call, project: str, sentence: str = "Project does not exist") -> None:
    """Raise `Invalid` if there is no project of the name."""
    if not has(call, project):
        raise invalid(sentence, code="project_missing", field="project")


def replace(call: Call, project: str, files: Files, settings: dict[str, Any]) -> None:
    """Put these files in place of all that the project held; it is made if there is none."""
    keeping.keep(call, _KIND, project, settings)
    files_store.delete(call.tx, call.account_id, project)
    whole = {folder: None for path in files for folder in parents(path)} | dict(files)
    _room_for(call, len(whole), sum(len(held or b"") for held in whole.values()))
    for path, held in whole.items():
        files_store.put(call.tx, call.account_id, project, path, held)


def write(call: Call, project: str, path: str, content: bytes | None) -> None:
    """Write a file, or make a folder; folders on the way are made, and the project too."""
    if not has(call, project):
        keeping.keep(call, _KIND, project, {})
    _room_for(call, 1, len(content or b""))
    for folder in parents(path):
        found = files_store.get(call.tx, call.account_id, project, folder)
        if found is not None and not found.is_folder:
            raise invalid("Invalid file path", code="invalid_path", field="file")
        if found is None:
            files_store.put(call.tx, call.account_id, project, folder, None)
    there = files_store.get(call.tx, call.account_id, project, path)
    if there is not None and there.is_folder:
        if content is not None:
            raise invalid("Invalid file path", code="invalid_path", field="file")
        return
    files_store.put(call.tx, call.account_id, project, path, content)
    keeping.tell(call, _KIND, "set", project, file=path)


def read(call: Call, project: str, path: str) -> File | None:
    """A file; None if there is none, or a folder."""
    found = files_store.get(call.tx, call.account_id, project, path)
    return None if found is None or found.is_folder else found


def files(call: Call, project: str) -> list[File]:
    """The files of a project, without what is in them."""
    return files_store.listing(call.tx, call.account_id, project)


def pack(call: Call, project: str, *, skips_node_modules: bool = False) -> bytes:
    """A tar of the project."""
    return archives.packed(files_store.whole(call.tx, call.account_id, project), skips_node_modules=skips_node_modules)


def drop(call: Call, project: str, path: str | None = None) -> None:
    """Remove a project, or a file or folder of it. Raises `Invalid` if it is not there."""
    need(call, project)
    if path is None:
        keeping.forget(call, _KIND, project)
    if files_store.delete(call.tx, call.account_id, project, path) == 0 and path is not None:
        raise invalid("File does not exist", code="file_missing", field="file")
    if path is not None:
        keeping.tell(call, _KIND, "removed", project, file=path)


def _room_for(call: Call, count: int, size: int) -> None:
    present, held = files_store.totals(call.tx, call.account_id)
    if size > archives.BYTES_MAX or present + count > _ALL_FILES_MAX or held + size > _ALL_BYTES_MAX:
        raise invalid("The components of an account have no room for more files.", code="components_full")


_ALL_FILES_MAX: Final = 10 * archives.FILES_MAX
_ALL_BYTES_MAX: Final = 8 * archives.BYTES_MAX
