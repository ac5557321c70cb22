"""What a role's JSON must be like, told in Harper's words. Source: docs/products/harper.md#roles."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from harbor.kernel.errors import Invalid
from harbor.products.harper_tables.access.groups import is_known
from harbor.products.harper_tables.access.model import SUPER_USER
from harbor.products.harper_tables.access.role_rights import FLAGS, SETTINGS
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.rights import DELETE

ROLE_NAME = re.compile(r"[A-Za-z0-9_-]{1,250}")
# What a body about a role may hold. `impersonate` is no part of the role: any operation may carry it.
_KEYS = ("operation", "role", "id", "permission", "hdb_user", "access", "impersonate")
_CLUSTER_USER, _STRUCTURE_USER, _OPERATIONS = "cluster_user", "structure_user", "operations"
_ATTRIBUTES, _NAME = "attribute_permissions", "attribute_name"
_ATTRIBUTE_FLAGS = tuple(flag for flag in FLAGS if flag != DELETE)
_ERROR = "Errors in the role permissions JSON provided"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the caller sees: whether there is a database, and the attributes of a table (None without one)."""

    has_database: Callable[[str], bool]
    attributes_of: Callable[[str, str], Collection[str] | None]


@dataclass(slots=True)
class _Faults:
    main: list[str] = field(default_factory=list)
    tables: dict[str, list[str]] = field(default_factory=dict)

    def of_table(self, key: str, sentence: str) -> None:
        self.tables.setdefault(key, []).append(sentence)


def check_role(body: Mapping[str, Any], catalogue: Catalogue, compat: Compat, *, needs_name: bool) -> None:
    """Raise `Invalid` with everything that is wrong with the body of add_role (`needs_name`) or alter_role."""
    faults = _Faults()
    unknown = [name for name in body if name not in _KEYS]
    if unknown:
        faults.main.append(f"Invalid key(s) in JSON body - '{', '.join(unknown)}'")
    _check_names(body, faults, needs_name=needs_name)
    permission = body.get("permission")
    if permission is None or permission == "":
        faults.main.append("Permission can't be blank")
    elif not isinstance(permission, dict):
        faults.main.append("Permission must be an object")
    else:
        _check_permission(permission, catalogue, compat, faults)
    _raise(faults)


def _raise(faults: _Faults) -> None:
    if faults.main or faults.tables:
        body = {"error": _ERROR, "main_permissions": faults.main, "schema_permissions": faults.tables}
        raise Invalid(_ERROR, code="invalid_role", field="permission", extra={"body": body})


def _check_names(body: Mapping[str, Any], faults: _Faults, *, needs_name: bool) -> None:
    for label, name, is_needed in (("Id", "id", not needs_name), ("Role", "role", needs_name)):
        value = body.get(name)
        if value is None or (value == "" and is_needed):
            if is_needed:
                faults.main.append(f"{label} can't be blank")
        elif not isinstance(value, str) or not ROLE_NAME.fullmatch(value):
            faults.main.append(f"{label} is invalid")


def _check_permission(permission: Mapping[str, Any], catalogue: Catalogue, compat: Compat, faults: _Faults) -> None:
    kinds = (SUPER_USER, _CLUSTER_USER) if compat is Compat.V4 else (SUPER_USER,)
    for kind in kinds:
        if not isinstance(permission.get(kind, False), bool):
            faults.main.append(f"Value for '{kind}' permission must be a boolean")
    is_set = [kind for kind in kinds if permission.get(kind) is True]
    if len(is_set) > 1:
        faults.main.append("Roles can only have one super role ('cluster_user' or 'super_user') set to true")
    elif is_set and any(name != is_set[0] and value is not False for name, value in permission.items()):
        faults.main.append(f"Roles with '{is_set[0]}' set to true cannot have other permissions set.")
        return
    _check_structure(permission.get(_STRUCTURE_USER), catalogue, faults)
    _check_operations(permission.get(_OPERATIONS), faults)
    for database, grants in permission.items():
        if database in SETTINGS:
            continue
        if not catalogue.has_database(database):
            faults.main.append(f"database '{database}' does not exist")
        elif not isinstance(grants, dict) or not isinstance(grants.get("tables") or {}, dict):
            faults.main.append(f"Value for '{database}' permission must be an object with 'tables'")
        else:
            for table, flags in (grants.get("tables") or {}).items():
                _check_table(database, table, flags, catalogue, faults)


def _check_structure(value: object, catalogue: Catalogue, faults: _Faults) -> None:
    if value is None or isinstance(value, bool):
        return
    if not isinstance(value, list):
        faults.main.append("Value for 'structure_user' permission must be a boolean or Array")
        return
    for name in value:
        if not isinstance(name, str) or not catalogue.has_database(name):
            faults.main.append(f"database '{name}' does not exist")


def _check_operations(value: object, faults: _Faults) -> None:
    if value is None:
        return
    if not isinstance(value, list):
        faults.main.append("Permission 'operations' must be an array of operation names or group names")
        return
    faults.main += [
        f"Invalid operations value '{name}'. Must be a valid operation name or group (e.g. 'read_only')."
        for name in value
        if not is_known(name)
    ]


def _check_table(database: str, table: str, flags: object, catalogue: Catalogue, faults: _Faults) -> None:
    key, full_name = f"{database}_{table}", f"{database}.{table}"
    known = catalogue.attributes_of(database, table)
    if known is None:
        faults.of_table(key, f"Table '{full_name}' does not exist")
        return
    if not isinstance(flags, dict):
        faults.of_table(key, f"Permissions of table '{full_name}' must be an object")
        return
    for name in flags:
        if name not in FLAGS and name != _ATTRIBUTES:
            faults.of_table(key, f"Invalid table permission key value '{name}'")
    for flag in FLAGS:
        if flag not in flags:
            faults.of_table(key, f"Missing table {flag.upper()} permission")
        elif not isinstance(flags[flag], bool):
            faults.of_table(key, f"Table {flag.upper()} permission must be a boolean")
    if _ATTRIBUTES not in flags:
        faults.of_table(key, "Missing 'attribute_permissions' array")
    elif flags[_ATTRIBUTES] is not None and not isinstance(flags[_ATTRIBUTES], list):
        faults.of_table(key, "Value for 'attribute_permissions' must be an array")
    else:
        _check_attributes(key, full_name, flags, known, faults)


def _check_attributes(
    key: str, full_name: str, flags: Mapping[str, Any], known: Collection[str], faults: _Faults
) -> None:
    in_conflict = False
    for each in flags[_ATTRIBUTES] or ():
        name = each.get(_NAME) if isinstance(each, dict) else None
        if name is None or name == "":
            faults.of_table(key, "Permission object in 'attribute_permission' missing an 'attribute_name'")
            continue
        if not isinstance(name, str) or name not in known:
            faults.of_table(key, f"Invalid attribute '{name}' in 'attribute_permissions'")
            continue
        for other in each:
            if other not in (*FLAGS, _NAME):
                faults.of_table(key, f"Invalid attribute permission key value '{other}'")
        for flag in _ATTRIBUTE_FLAGS:
            if flag not in each:
                faults.of_table(key, f"{flag.upper()} attribute permission missing for '{name}'")
            elif not isinstance(each[flag], bool):
                faults.of_table(key, f"{flag.upper()} attribute permission for '{name}' must be a boolean")
            elif each[flag] and flags.get(flag) is False:
                in_conflict = True
    if in_conflict:
        faults.of_table(
            key,
            f"You have a conflict with TABLE permissions for '{full_name}' being false and ATTRIBUTE permissions being true",
        )
