"""What the tables of the database `system` hold. No password, hash, secret or private key is in any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import harbor
from harbor.kernel.call import Call
from harbor.kernel.pages import PageRequest
from harbor.products.harper_tables.access import roles, users
from harbor.products.harper_tables.admin_ops import keeping
from harbor.products.harper_tables.catalog.model import CREATED, UPDATED
from harbor.products.harper_tables.jobs_ops import service as jobs
from harbor.products.harper_tables.jobs_ops.model import shown as shown_job
from harbor.products.harper_tables.values import Doc

_US_IN_MS = 1_000
_JOBS_MAX = 1_000
_DATA_VERSION = 4


@dataclass(frozen=True, slots=True)
class SystemTable:
    """One table: its key, its other attributes, and its rows for the account of a call."""

    key: str
    attributes: tuple[str, ...]
    rows: Callable[[Call], list[Doc]]

    @property
    def names(self) -> tuple[str, ...]:
        """All attributes in the order in which they are shown."""
        return (self.key, *self.attributes)


def _users(call: Call) -> list[Doc]:
    return [
        {
            "username": user.username,
            "active": user.is_active,
            "role": user.role_id,
            CREATED: user.created_at // _US_IN_MS,
            UPDATED: user.updated_at // _US_IN_MS,
        }
        for user, _ in users.listing(call)
    ]


def _roles(call: Call) -> list[Doc]:
    return [
        {
            "id": role.id,
            "role": role.name,
            "permission": role.permission,
            CREATED: role.created_at // _US_IN_MS,
            UPDATED: role.updated_at // _US_IN_MS,
        }
        for role in roles.listing(call)
    ]


def _jobs(call: Call) -> list[Doc]:
    return [shown_job(job) for job in jobs.listed(call, PageRequest(limit=_JOBS_MAX)).items]


def _info(call: Call) -> list[Doc]:  # noqa: ARG001
    return [{"info_id": 1, "data_version_num": str(_DATA_VERSION), "hdb_version_num": harbor.__version__}]


def _kept(kind: str, key: str) -> Callable[[Call], list[Doc]]:
    """What administration keeps of a kind, its name as the key."""

    def rows(call: Call) -> list[Doc]:
        return [
            {**doc, key: name, CREATED: created // _US_IN_MS, UPDATED: updated // _US_IN_MS}
            for name, doc, created, updated in keeping.documents(call, kind)
        ]

    return rows


def _nothing(call: Call) -> list[Doc]:  # noqa: ARG001
    return []


def _table(key: str, attributes: str, rows: Callable[[Call], list[Doc]], *, times: bool = True) -> SystemTable:
    return SystemTable(key, (*attributes.split(), *((CREATED, UPDATED) if times else ())), rows)


TABLES: Final[Mapping[str, SystemTable]] = {
    "hdb_user": _table("username", "active role", _users),
    "hdb_role": _table("id", "role permission", _roles),
    "hdb_job": _table(
        "id", "type user status message created_datetime start_datetime end_datetime result", _jobs, times=False
    ),
    "hdb_nodes": _table("name", "hostname url subscriptions", _kept("node", "name")),
    "hdb_info": _table("info_id", "data_version_num hdb_version_num", _info, times=False),
    "hdb_license": _table("id", "level region expiration", _kept("license", "id")),
    "hdb_certificate": _table(
        "name", "certificate private_key_name is_authority hosts uses", _kept("certificate", "name")
    ),
    "hdb_analytics": _table("id", "metric", _nothing, times=False),
    "hdb_raw_analytics": _table("id", "metrics", _nothing, times=False),
    "hdb_session_will": _table("id", "data", _nothing, times=False),
    "hdb_status": _table("id", "status", _kept("status", "id")),
    "hdb_deployment": _table(
        "deployment_id",
        "project package_identifier status phase payload_hash payload_size started_at completed_at user error",
        _kept("deployment", "deployment_id"),
    ),
    "hdb_secret": _table("name", "kid grants processEnv metadata", _kept("secret", "name")),
}


def shown(table: SystemTable, row: Mapping[str, Any]) -> Doc:
    """A row with every attribute; what it lacks is null."""
    return {name: row.get(name) for name in table.names}
