"""What callers may do: the interface between the operations and whoever keeps users and roles.

The caller of an operation is a `User`: a kernel principal with a name and `Rights`; `callers.py` says where it comes
from. Operations ask `require(user, …)` with their `Need`s before they touch anything; it raises the 403 that names
everything missing at once. What a caller may not see does not exist for them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

from harbor.kernel.call import Call
from harbor.kernel.identity.model import Principal
from harbor.products.harper_tables.refusals import times_are_ours, unauthorized

READ, INSERT, UPDATE, DELETE = "read", "insert", "update", "delete"


class Rights(Protocol):
    """What a role gives. Asked for names that may not exist; what is not granted is not seen either."""

    @property
    def is_super_user(self) -> bool:
        """Everything may be done."""
        ...

    def may_structure(self, database: str | None) -> bool:
        """Whether databases, tables and attributes may be made and dropped: in `database`, or anywhere at all for None."""
        ...

    def may_run(self, operation: str) -> bool:
        """Whether the role's list of operations allows this one; true where it has no list."""
        ...

    def is_listed(self, operation: str) -> bool:
        """Whether the role's list names the operation, which grants it even if it is for super users only."""
        ...

    def sees_database(self, database: str) -> bool:
        """Whether the database exists for the caller."""
        ...

    def sees_table(self, database: str, table: str) -> bool:
        """Whether the table exists for the caller."""
        ...

    def allows(self, database: str, table: str, permission: str) -> bool:
        """Whether the table's flag `permission` is set."""
        ...

    def attributes(self, database: str, table: str, permission: str) -> frozenset[str] | None:
        """The attributes `permission` is for, where the role lists attributes; None means all, also later ones."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Principal):
    """The caller: `account_id` is the instance they see, `actor` the name in audits."""

    username: str
    rights: Rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One table (or a whole database) and what is wanted of it. `attributes` are those named, by permission."""

    database: str
    table: str | None = None
    permissions: tuple[str, ...] = ()
    attributes: Mapping[str, Collection[str]] = field(default_factory=dict)
    is_there: bool = True  # for the database, and the table if one is named
    known: Collection[str] | None = None  # the table's attributes; None where new ones may come
    key: str | None = None  # the primary key, which is granted with any other attribute


def user_of(call: Call) -> User:
    """The caller of an operation."""
    return cast(User, call.principal)


def require(user: User, needs: Sequence[Need]) -> None:
    """Raise the 403 that names all that is missing; super users get the faults of the operation itself instead."""
    if user.rights.is_super_user:
        return
    denied: list[object] = []
    absent: list[str] = []
    for need in needs:
        _judge(user.rights, need, denied, absent)
    if denied or absent:
        raise unauthorized(denied, list(dict.fromkeys(absent)))


def readable(user: User, database: str, table: str, key: str | None = None) -> frozenset[str] | None:
    """The attributes that `*` stands for; None means all. The primary key `key` comes with any other."""
    return None if user.rights.is_super_user else _granted(user.rights, database, table, READ, key)


def refuse_times(user: User, database: str, table: str, permissions: Sequence[str]) -> None:
    """Raise the 403 for a record that sets the times, where the role lists attributes; elsewhere they are ignored."""
    rights = user.rights
    if not rights.is_super_user and any(rights.attributes(database, table, each) is not None for each in permissions):
        raise times_are_ours()


def refuse_whole(user: User, database: str, table: str) -> None:
    """Raise the 403 for replacing whole records, which also takes away attributes that the role does not list."""
    rights = user.rights
    if not rights.is_super_user and rights.attributes(database, table, UPDATE) is not None:
        raise unauthorized([_denied(database, table, [UPDATE], {})], [])


def _judge(rights: Rights, need: Need, denied: list[object], absent: list[str]) -> None:
    if not rights.sees_database(need.database):
        absent.append(f"database '{need.database}' does not exist")
        return
    if need.table is None:
        return
    if not (need.is_there and rights.sees_table(need.database, need.table)):
        absent.append(f"Table '{need.database}.{need.table}' does not exist")
        return
    lacking = [each for each in need.permissions if not rights.allows(need.database, need.table, each)]
    missing: dict[str, list[str]] = {}
    visible = _visible(rights, need.database, need.table, need.key)
    for permission, names in need.attributes.items():
        granted = _granted(rights, need.database, need.table, permission, need.key)
        for name in names:
            if (visible is not None and name not in visible) or (need.known is not None and name not in need.known):
                absent.append(f"Attribute '{name}' does not exist on '{need.database}.{need.table}'")
            elif granted is not None and name not in granted:
                missing.setdefault(name, []).append(permission)
    if lacking or missing:
        denied.append(_denied(need.database, need.table, lacking, missing))


def _denied(
    database: str, table: str, permissions: list[str], attributes: Mapping[str, list[str]]
) -> dict[str, object]:
    named = [{"attribute_name": name, "required_permissions": each} for name, each in attributes.items()]
    return {
        "schema": database,
        "table": table,
        "required_table_permissions": permissions,
        "required_attribute_permissions": named,
    }


def _granted(rights: Rights, database: str, table: str, permission: str, key: str | None) -> frozenset[str] | None:
    """The attributes `permission` is for; the primary key comes with any attribute that is granted in any way."""
    found = rights.attributes(database, table, permission)
    if found is None or key is None or not _visible(rights, database, table, None):
        return found
    return found | {key}


def _visible(rights: Rights, database: str, table: str, key: str | None) -> frozenset[str] | None:
    """The attributes of which the caller may know: those that are granted in any way."""
    granted = [rights.attributes(database, table, each) for each in (READ, INSERT, UPDATE)]
    listed = [each for each in granted if each is not None]
    if len(listed) < len(granted):
        return None
    found = frozenset[str]().union(*listed)
    return found | {key} if found and key is not None else found


class EverythingAllowed:
    """The rights of a super user."""

    is_super_user = True

    def may_structure(self, database: str | None) -> bool:
        """Yes."""
        return True

    def may_run(self, operation: str) -> bool:
        """Yes."""
        return True

    def is_listed(self, operation: str) -> bool:
        """Nothing needs to be."""
        return False

    def sees_database(self, database: str) -> bool:
        """Yes."""
        return True

    def sees_table(self, database: str, table: str) -> bool:
        """Yes."""
        return True

    def allows(self, database: str, table: str, permission: str) -> bool:
        """Yes."""
        return True

    def attributes(self, database: str, table: str, permission: str) -> frozenset[str] | None:
        """All."""
        return None
