"""Deployments: what was deployed when, by whom, and the archive it came in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from harbor.kernel.call import Call
from harbor.kernel.clock import iso_ms
from harbor.kernel.errors import Missing
from harbor.products.harper_tables.admin_ops import archive_store, keeping, store
from harbor.products.harper_tables.rights import user_of

STATUSES: Final = ("pending", "success", "failed", "rolled_back")
_KIND: Final = "deployment"
# Older ones are forgotten: an account keeps this many archives.
KEPT_MAX: Final = 50


def note(call: Call, project: str, payload: bytes) -> str:
    """Note a deployment that went well; its id."""
    known = sorted(store.listing(call.tx, call.account_id, _KIND), key=lambda each: (each.created_at, each.name))
    for old in known[: max(0, len(known) + 1 - KEPT_MAX)]:
        keeping.forget(call, _KIND, old.name)
        archive_store.delete(call.tx, call.account_id, _KIND, old.name)
    id_, now = str(uuid4()), iso_ms(call.tx.now)
    record = {
        "deployment_id": id_,
        "project": project,
        "package_identifier": None,
        "status": "success",
        "phase": "load",
        "event_log": [{"timestamp": now, "phase": "load", "message": "stored"}],
        "peer_results": [],
        "payload_hash": hashlib.sha256(payload).hexdigest(),
        "payload_size": len(payload),
        "started_at": now,
        "completed_at": now,
        "user": user_of(call).username,
        "rollback_of": None,
        "error": None,
        "payload_blob_present": True,
    }
    keeping.keep(call, _KIND, id_, record)
    archive_store.put(call.tx, call.account_id, _KIND, id_, payload)
    return id_


def listing(call: Call) -> list[Mapping[str, Any]]:
    """All of them, newest first."""
    known = store.listing(call.tx, call.account_id, _KIND)
    return [each.doc for each in sorted(known, key=lambda each: (each.created_at, each.name), reverse=True)]


def get(call: Call, id_: str) -> dict[str, Any]:
    """One. Raises `Missing`."""
    kept = store.get(call.tx, call.account_id, _KIND, id_)
    if kept is None:
        raise Missing(f"No deployment found with id '{id_}'", code="deployment_missing")
    return kept.doc


def payload(call: Call, id_: str) -> bytes:
    """The archive of one. Raises `Missing`, also when it was deleted."""
    get(call, id_)
    found = archive_store.get(call.tx, call.account_id, _KIND, id_)
    if found is None:
        raise Missing(f"The payload of deployment '{id_}' was deleted", code="payload_missing")
    return found


def forget_payload(call: Call, id_: str) -> int:
    """Delete the archive of one; how many bytes it had."""
    record = get(call, id_)
    keeping.keep(call, _KIND, id_, {**record, "payload_blob_present": False})
    return archive_store.delete(call.tx, call.account_id, _KIND, id_)
