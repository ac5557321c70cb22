"""The matrix of a role: tables by read, insert, update and delete, and below a table its attributes. Pure.

A box is named by its place: `read 2` is the flag of the third table that the form shows, `read 2 name` that of its
attribute. What the form does not show stays as it is; what names a table or attribute that is gone is left out, because
a role that names it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from harbor.kernel.errors import Invalid
from harbor.products.harper_tables.access.role_rights import FLAGS, SETTINGS
from harbor.products.harper_tables.rights import DELETE

ATTRIBUTE_FLAGS = tuple(flag for flag in FLAGS if flag != DELETE)
_ATTRIBUTES, _NAME = "attribute_permissions", "attribute_name"

Known = Callable[[str, str], Collection[str] | None]


@dataclass(frozen=True, slots=True)
class AttributeLine:
    """An attribute, and the flags it is listed with."""

    name: str
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class TableLine:
    """A table: its flags, whether its attributes are listed one by one, and those that the form shows."""

    name: str
    flags: frozenset[str]
    is_limited: bool
    listed: int
    attributes: Sequence[AttributeLine]
    is_open: bool  # whether its attributes are shown, so that the form says something of them


@dataclass(frozen=True, slots=True)
class Ticked:
    """What a form sends: the tables it shows in their order, and the names of the boxes that are ticked."""

    tables: Sequence[str]
    grants: Collection[str]
    opened: Collection[str]
    limited: Collection[str]


def lines(
    permission: Mapping[str, Any], database: str, tables: Sequence[tuple[str, Sequence[str]]], room: int
) -> list[TableLine]:
    """The lines of a database; attributes are shown as long as there is room for their number."""
    found = []
    for name, attributes in tables:
        flags = _tables_of(permission, database).get(name) or {}
        listed = {
            each[_NAME]: each for each in flags.get(_ATTRIBUTES) or () if isinstance(each, dict) and _NAME in each
        }
        is_open = len(attributes) <= room
        room -= len(attributes) if is_open else 0
        found.append(
            TableLine(
                name=name,
                flags=frozenset(flag for flag in FLAGS if flags.get(flag) is True),
                is_limited=bool(listed),
                listed=len(listed),
                attributes=[
                    AttributeLine(
                        each,
                        frozenset(flag for flag in ATTRIBUTE_FLAGS if listed.get(each, {}).get(flag) is True),
                    )
                    for each in attributes
                ]
                if is_open
                else (),
                is_open=is_open,
            )
        )
    return found


def changed(permission: Mapping[str, Any], database: str, ticked: Ticked, known: Known) -> dict[str, Any]:
    """The permission with what a form says of a database. Raises `Invalid` for a list of attributes with none in it."""
    after = pruned(permission, known)
    tables = dict(_tables_of(after, database))
    for place, name in enumerate(ticked.tables):
        granted = known(database, name)
        if granted is None:  # dropped while the form was filled in
            continue
        flags: dict[str, Any] = {flag: f"{flag} {place}" in ticked.grants for flag in FLAGS}
        before = tables.get(name) or {}
        flags[_ATTRIBUTES] = before.get(_ATTRIBUTES) or []
        if str(place) in ticked.opened:
            flags[_ATTRIBUTES] = _listed(place, name, sorted(granted), ticked) if str(place) in ticked.limited else []
        if any(flags[flag] for flag in FLAGS):
            tables[name] = flags
        else:
            tables.pop(name, None)
    if tables:
        after[database] = {**(after.get(database) or {}), "tables": tables}
    else:
        after.pop(database, None)
    return after


def pruned(permission: Mapping[str, Any], known: Known) -> dict[str, Any]:
    """The permission without what is gone."""
    after = deepcopy(dict(permission))
    for database in [name for name in after if name not in SETTINGS]:
        tables = _tables_of(after, database)
        for name in list(tables):
            attributes = known(database, name)
            if attributes is None:
                del tables[name]
            elif isinstance(tables[name], dict) and isinstance(tables[name].get(_ATTRIBUTES), list):
                kept = [each for each in tables[name][_ATTRIBUTES] if each.get(_NAME) in attributes]
                # An empty list would grant all of them.
                if tables[name][_ATTRIBUTES] and not kept:
                    del tables[name]
                else:
                    tables[name][_ATTRIBUTES] = kept
        if not tables:
            del after[database]
    return after


def gone(permission: Mapping[str, Any], known: Known) -> list[str]:
    """The tables that a permission names and that are not there any more."""
    return [
        f"{database}.{name}"
        for database in permission
        if database not in SETTINGS
        for name in _tables_of(permission, database)
        if known(database, name) is None
    ]


def _listed(place: int, table: str, attributes: Sequence[str], ticked: Ticked) -> list[dict[str, Any]]:
    found = []
    for name in attributes:
        flags = {flag: f"{flag} {place} {name}" in ticked.grants for flag in ATTRIBUTE_FLAGS}
        if any(flags.values()):
            found.append({_NAME: name, **flags})
    if not found:
        raise Invalid(
            f"Tick an attribute of {table}, or take away the tick that limits it: an empty list would grant all of them.",
            field="limited",
        )
    return found


def _tables_of(permission: Mapping[str, Any], database: str) -> dict[str, Any]:
    grants = permission.get(database)
    tables = grants.get("tables") if isinstance(grants, dict) else None
    return tables if isinstance(tables, dict) else {}
