"""How components are listed: their files as a tree, and how they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.clock import iso_ms, moment
from harbor.products.harper_tables.admin_ops.components import service
from harbor.products.harper_tables.admin_ops.components.archives import NODE_MODULES
from harbor.products.harper_tables.admin_ops.components.files_store import File


def tree(call: Call, *, hides_dots: bool) -> dict[str, Any]:
    """All projects with their files."""
    entries = []
    for project, about in service.about(call).items():
        entry: dict[str, Any] = {"name": project, "entries": _entries(service.files(call, project), hides_dots)}
        if about.get("package"):
            entry["package"] = about["package"]
        entry["status"] = {"status": "not running", "message": service.NOT_RUN}
        entries.append(entry)
    return {"name": "components", "entries": entries}


def statuses(call: Call) -> list[dict[str, Any]]:
    """How each component is: stored, and not running."""
    checked = iso_ms(call.tx.now)
    return [
        {"name": name, "status": "not running", "message": service.NOT_RUN, "lastChecked": checked}
        for name in service.names(call)
    ]


def _entries(files: Sequence[File], hides_dots: bool) -> list[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = {"": []}
    for each in files:
        folder, _, name = each.path.rpartition("/")
        # What lies in a hidden folder finds no list to go to.
        if folder not in found or name == NODE_MODULES or (hides_dots and name.startswith(".")):
            continue
        if each.is_folder:
            inside = found[each.path] = []
            found[folder].append({"name": name, "entries": inside})
        else:
            found[folder].append({"name": name, "mtime": iso_ms(moment(each.updated_at)), "size": each.size})
    return found[""]
