"""Why a role may do something or may not: each rule that was asked, what it said, and where in the permission it stands.

Rules are asked in the order in which operations ask them, up to the one that decides alone. Pure; what a role does not see is told
as if it were not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harbor.products.harper_tables.access.groups import GROUPS
from harbor.products.harper_tables.access.role_rights import RoleRights
from harbor.products.harper_tables.catalog.model import TIMES
from harbor.products.harper_tables.error_paths import at
from harbor.products.harper_tables.rights import DELETE, READ, Rights

Reason = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An operation, as it is known: for whom it is, and what it needs of a table with which attributes."""

    operation: str
    names: Sequence[str]
    is_for_super_users: bool
    is_for_structure_users: bool
    needs: Sequence[str] = ()
    database: str = ""
    table: str | None = None
    key: str | None = None
    attributes: Sequence[str] = ()
    is_there: bool = True


def reasons(rights: Rights, asked: Asked) -> list[Reason]:
    """Every rule that was asked."""
    if rights.is_super_user:
        return [_reason(True, "A super user may do everything.", "permission", "super_user")]
    assert isinstance(rights, RoleRights), type(rights)
    return list(_asked(rights, asked))


def _asked(rights: RoleRights, asked: Asked) -> Iterator[Reason]:
    if rights.operations is not None:
        listed = _listed_as(rights.permission, asked.names)
        if listed is None:
            yield _reason(False, f"The list of operations does not hold {asked.operation}.", "permission", "operations")
            return
        place, name = listed
        how = asked.operation if name in asked.names else f"{asked.operation}, as part of {name}"
        yield _reason(True, f"The list of operations holds {how}.", "permission", "operations", place)
    if asked.is_for_super_users and rights.operations is None:
        structure = asked.is_for_structure_users and rights.may_structure(asked.database or None)
        if not structure:
            whom = "super users and those who structure the database" if asked.is_for_structure_users else "super users"
            yield _reason(False, f"{asked.operation} is for {whom}.", "permission", "super_user")
            return
        yield _reason(True, "The role structures the database.", "permission", "structure_user")
    if asked.table is None or not asked.needs:
        return
    yield from _of_table(rights, asked, asked.table)


def _of_table(rights: RoleRights, asked: Asked, table: str) -> Iterator[Reason]:
    path = ("permission", asked.database, "tables", table)
    full = f"{asked.database}.{table}"
    if not asked.is_there or not rights.sees_table(asked.database, table):
        yield _reason(False, f"For this role there is no table {full}.", *path)
        return
    if rights.may_structure(asked.database):
        yield _reason(
            True, "Who structures a database may do everything with its records.", "permission", "structure_user"
        )
        return
    for need in asked.needs:
        allows = rights.allows(asked.database, table, need)
        yield _reason(allows, f"{need} on {full} is {'granted' if allows else 'not granted'}.", *path, need)
    listed = _Listed.of(_grants(rights.permission, asked.database, table))
    for need in asked.needs:
        if need != DELETE and rights.allows(asked.database, table, need):
            for name in asked.attributes:
                yield _of_attribute(asked, need, name, listed, path)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A role's list of attributes: where each name stands first, and whether any is granted in any way."""

    places: Mapping[str, tuple[int, Mapping[str, Any]]]
    grants_any: bool

    @classmethod
    def of(cls, granted: Mapping[str, Any]) -> _Listed:
        """The list of a table's grants. Thousands may be listed, and a thousand asked about."""
        listed = granted.get("attribute_permissions") or []
        places = {each.get("attribute_name"): (place, each) for place, each in reversed(list(enumerate(listed)))}
        return cls(places, any(each.get(flag) is True for each in listed for flag in ("read", "insert", "update")))


def _of_attribute(asked: Asked, need: str, name: str, listed: _Listed, path: tuple[str, ...]) -> Reason:
    if not listed.places:
        return _reason(True, f"{need} of {name}: without a list of attributes all are granted.", *path, need)
    if name == asked.key:
        return _reason(
            listed.grants_any,
            f"{need} of {name}: the primary key comes with any attribute.",
            *path,
            "attribute_permissions",
        )
    if name in TIMES:
        return _reason(
            need == READ, f"{need} of {name}: times can be read and not written.", *path, "attribute_permissions"
        )
    if (found := listed.places.get(name)) is not None:
        place, each = found
        allows = each.get(need) is True
        said = "granted" if allows else "not granted"
        return _reason(allows, f"{need} of {name} is {said}.", *path, "attribute_permissions", place, need)
    return _reason(
        False,
        f"{need} of {name}: it is not in the list of attributes, which grants no others.",
        *path,
        "attribute_permissions",
    )


def _grants(permission: Mapping[str, Any], database: str, table: str) -> Mapping[str, Any]:
    found = (permission.get(database) or {}).get("tables") or {}
    grants: Mapping[str, Any] = found.get(table) or {}
    return grants


def _listed_as(permission: Mapping[str, Any], names: Sequence[str]) -> tuple[int, str] | None:
    """Where in the list an operation stands, by one of its names or within a group."""
    listed = permission.get("operations")
    for place, each in enumerate(listed if isinstance(listed, list) else []):
        if each in names or not GROUPS.get(each, frozenset()).isdisjoint(names):
            return place, each
    return None


def _reason(allows: bool, because: str, *path: str | int) -> Reason:
    return {"allows": allows, "because": because, "path": at(*path)}
