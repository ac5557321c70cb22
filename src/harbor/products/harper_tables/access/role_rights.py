"""The rights that a role's permission object gives. What it does not grant is not seen either.

Source: docs/products/harper.md#roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harbor.products.harper_tables.access.groups import expanded
from harbor.products.harper_tables.access.model import SUPER_USER
from harbor.products.harper_tables.catalog.model import SYSTEM, TIMES
from harbor.products.harper_tables.rights import DELETE, INSERT, READ, UPDATE

FLAGS = (READ, INSERT, UPDATE, DELETE)
# What of a permission object is no database.
SETTINGS = (SUPER_USER, "cluster_user", "structure_user", "operations")


class RoleRights:
    """What a permission object grants to those who are no super users. Reads it once."""

    is_super_user = False

    def __init__(self, permission: Mapping[str, Any]) -> None:
        self.permission = permission
        structure = permission.get("structure_user")
        self._structures_all = structure is True
        self._structures = frozenset(structure) if isinstance(structure, list) else frozenset()
        listed = permission.get("operations")
        self._listed = frozenset(listed) if isinstance(listed, list) else None
        self._runs = None if self._listed is None else expanded(self._listed)
        self._tables = {
            (database, table): _Granted(flags)
            for database, grants in permission.items()
            if database not in SETTINGS and isinstance(grants, dict)
            for table, flags in (grants.get("tables") or {}).items()
        }
        self._databases = frozenset(database for (database, _), found in self._tables.items() if found.is_seen)

    def may_structure(self, database: str | None) -> bool:
        """As the setting `structure_user` says: anywhere, or in the databases it names."""
        if database is None:
            return self._structures_all or bool(self._structures)
        return database != SYSTEM and (self._structures_all or database in self._structures)

    def may_run(self, operation: str) -> bool:
        """Whether the list of operations allows it; `sql:insert` and the like are the kinds of a statement.

        The group `read_only` gives SQL for reading. Other statements need their operation, or `sql` by its own name.
        """
        if self._runs is None or self._listed is None:
            return True
        verb = operation.removeprefix("sql:")
        if verb != operation:
            return "sql" in self._listed or ("sql" in self._runs and (verb == "select" or verb in self._runs))
        return operation in self._runs

    def is_listed(self, operation: str) -> bool:
        """Whether there is a list and it allows the operation."""
        return self._runs is not None and operation in self._runs

    def sees_database(self, database: str) -> bool:
        """Whether something is granted in it."""
        return database in self._databases or self.may_structure(database)

    def sees_table(self, database: str, table: str) -> bool:
        """Whether something is granted on it."""
        found = self._tables.get((database, table))
        return self.may_structure(database) or (found is not None and found.is_seen)

    def allows(self, database: str, table: str, permission: str) -> bool:
        """Whether the flag is set. Who structures a database may do everything with what is in it."""
        found = self._tables.get((database, table))
        return self.may_structure(database) or (found is not None and permission in found.flags)

    def attributes(self, database: str, table: str, permission: str) -> frozenset[str] | None:
        """The attributes with this flag; the times can always be read beside others."""
        if self.may_structure(database):
            return None
        found = self._tables.get((database, table))
        return frozenset() if found is None else found.attributes(permission)

    @property
    def structures_all(self) -> bool:
        """Whether databases may be made and dropped anywhere."""
        return self._structures_all

    @property
    def operations(self) -> frozenset[str] | None:
        """The operations that the list allows; None without one."""
        return self._runs


class _Granted:
    """What is granted on one table."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.flags = frozenset(flag for flag in FLAGS if given.get(flag) is True)
        self.is_seen = bool(self.flags)
        listed = given.get("attribute_permissions") or None
        self._attributes: dict[str, frozenset[str]] | None = None
        if listed is not None:
            self._attributes = {
                flag: frozenset(each["attribute_name"] for each in listed if each.get(flag) is True)
                for flag in (READ, INSERT, UPDATE)
            }
            self._attributes[INSERT] -= {*TIMES}
            self._attributes[UPDATE] -= {*TIMES}
            if self._attributes[READ]:
                self._attributes[READ] |= {*TIMES}

    def attributes(self, permission: str) -> frozenset[str] | None:
        if self._attributes is None or permission == DELETE:
            return None
        return self._attributes.get(permission, frozenset())
