"""What a caller may do with databases, tables and attributes, and what follows from it.

`to_read` and `to_write` are how every other slice gets its table: existence and the caller's role are asked in one place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Missing
from harbor.kernel.eventlog.model import PRODUCT_WORDS
from harbor.kernel.jobs import queue
from harbor.products.harper_tables import refusals
from harbor.products.harper_tables.catalog import store
from harbor.products.harper_tables.catalog.model import SYSTEM, TIMES, Attribute, Indexing, Table
from harbor.products.harper_tables.catalog.store import Hold
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.rights import INSERT, READ, Need, require, user_of

PURGE, FILL = "harper.purge", "harper.index.fill"
ATTRIBUTES_MAX = 2_000

Attributes = Mapping[str, Collection[str]]


def to_read(call: Call, database: str, name: str, *, attributes: Collection[str] = (), permission: str = READ) -> Table:
    """A table whose `attributes` the caller wants to read. Raises `Missing` (404), or the 403 of roles."""
    found = store.table(call.tx, call.account_id, database, name)
    _permit(call, database, name, found, (permission,), {permission: attributes} if attributes else {})
    return found or _missing(call, database, name)


def to_write(
    call: Call,
    database: str,
    name: str,
    permissions: Sequence[str],
    *,
    attributes: Attributes | None = None,
    hold: Hold = Hold.CHANGES,
) -> Table:
    """A table to write to; it is not changed by others until the transaction ends. What is missing is 400."""
    _refuse_system(call, database)
    found = store.table(call.tx, call.account_id, database, name, hold)
    _permit(call, database, name, found, permissions, attributes or {}, may_be_new=True)
    if found is not None:
        return found
    try:
        return _missing(call, database, name)
    except Missing as error:
        raise refusals.for_a_write(error) from None


def to_write_later(
    call: Call, database: str, name: str, permissions: Sequence[str], *, attributes: Attributes | None = None
) -> Table:
    """The same for a job that will write; others may change the table meanwhile."""
    return to_write(call, database, name, permissions, attributes=attributes, hold=Hold.NOTHING)


def to_delete_from(call: Call, database: str, name: str, permission: str) -> Table:
    """A table to delete records from. Raises `Missing`, or the 403 of roles."""
    _refuse_system(call, database)
    found = store.table(call.tx, call.account_id, database, name, Hold.CHANGES)
    _permit(call, database, name, found, (permission,), {})
    return found or _missing(call, database, name)


def create_database(call: Call, name: str, compat: Compat) -> None:
    """Add a database."""
    _may_structure(call, name, "create_database", compat)
    _not_the_platforms(name)
    if not store.insert_database(call.tx, call.account_id, name):
        raise refusals.invalid(f"database '{name}' already exists", code="database_exists")
    _tell(call, "harper.database.created", name, {"database": name})


def drop_database(call: Call, name: str, compat: Compat) -> None:
    """Remove a database with all its tables."""
    _may_structure(call, name, "drop_database", compat)
    if not store.has_database(call.tx, call.account_id, name):
        raise refusals.no_database(name)
    for table_name in store.table_names(call.tx, call.account_id, name):
        _drop(call, store.table(call.tx, call.account_id, name, table_name, Hold.EVERYTHING))
    store.delete_database(call.tx, call.account_id, name)
    _tell(call, "harper.database.dropped", name, {"database": name})


def create_table(
    call: Call,
    database: str,
    name: str,
    *,
    primary_key: str,
    settings: Mapping[str, Any],
    attributes: Sequence[tuple[str, Mapping[str, Any]]],
    compat: Compat,
) -> Table:
    """Add a table, and its database if that is not there."""
    _may_structure(call, database, "create_table", compat)
    _not_the_platforms(database)
    if store.insert_database(call.tx, call.account_id, database):
        _tell(call, "harper.database.created", database, {"database": database})
    if not store.insert_table(call.tx, call.account_id, database, name, primary_key=primary_key, settings=settings):
        raise refusals.invalid(f"Table '{name}' already exists in '{database}'", code="table_exists")
    made = _there(call, database, name)
    if attributes:
        store.insert_attributes(call.tx, made, [(each, what, _indexing(what)) for each, what in attributes])
        made = _there(call, database, name)
    _tell(call, "harper.table.created", made.full_name, {"database": database, "table": name})
    return made


def drop_table(call: Call, database: str, name: str, compat: Compat) -> None:
    """Remove a table. It is gone at once; its records follow in the background."""
    _may_structure(call, database, "drop_table", compat)
    found = store.table(call.tx, call.account_id, database, name, Hold.EVERYTHING)
    _drop(call, found or _missing(call, database, name))


def create_attribute(call: Call, database: str, name: str, attribute: str, definition: Mapping[str, Any]) -> None:
    """Declare an attribute. Records that hold it already become searchable by it when its index is filled."""
    table = to_write(call, database, name, (INSERT,), hold=Hold.EVERYTHING)
    if attribute in table.known or attribute in TIMES:
        raise refusals.invalid(
            f"attribute '{attribute}' already exists in {table.full_name}", code="attribute_exists", field="attribute"
        )
    _room_for(table, 1)
    indexing = _indexing(definition)
    # In a dynamic table every property that a record holds is declared: no record holds this one.
    if table.is_schema_defined and indexing is Indexing.READY:
        indexing = Indexing.FILLING
    store.insert_attributes(call.tx, table, [(attribute, definition, indexing)])
    if indexing is Indexing.FILLING:
        _fill(call, table, _there(call, database, name).attributes[attribute])
    _tell(call, "harper.attribute.created", table.full_name, {"table": table.full_name, "attribute": attribute})


def alter_table(call: Call, database: str, name: str, changes: Mapping[str, bool], compat: Compat) -> Table:
    """Change what a table keeps or tells: `audit`, `events`."""
    _may_structure(call, database, "alter_table", compat)
    table = store.table(call.tx, call.account_id, database, name, Hold.EVERYTHING) or _missing(call, database, name)
    store.put_settings(call.tx, table, {**table.settings, **changes})
    _tell(call, "harper.table.altered", table.full_name, {"database": database, "table": name, **changes})
    return _there(call, database, name)


def index_attribute(call: Call, database: str, name: str, attribute: str, compat: Compat) -> bool:
    """Give an attribute the index that it was declared without; False if it has one. It is filled in the background."""
    _may_structure(call, database, "alter_attribute", compat)
    table = store.table(call.tx, call.account_id, database, name, Hold.EVERYTHING) or _missing(call, database, name)
    found = table.attributes.get(attribute)
    if found is None:
        raise Missing(f"Attribute '{attribute}' does not exist on '{table.full_name}'", code="attribute_missing")
    if found.has_entries:
        return False
    store.begin_index(call.tx, table, found)
    _fill(call, table, found)
    _tell(call, "harper.attribute.altered", table.full_name, {"table": table.full_name, "attribute": attribute})
    return True


def drop_attribute(call: Call, database: str, name: str, attribute: str, compat: Compat) -> None:
    """Remove an attribute and, in dynamic tables, the values that records hold of it."""
    _may_structure(call, database, "drop_attribute", compat)
    table = store.table(call.tx, call.account_id, database, name, Hold.EVERYTHING) or _missing(call, database, name)
    if attribute == table.primary_key:
        raise refusals.invalid("You cannot drop a hash attribute", code="primary_key", field="attribute")
    if attribute in TIMES:
        raise refusals.invalid(
            f"cannot drop internal timestamp attribute: {attribute}", code="timestamp_attribute", field="attribute"
        )
    found = table.attributes.get(attribute)
    if found is None:
        raise Missing(f"Attribute '{attribute}' does not exist on '{table.full_name}'", code="attribute_missing")
    store.delete_attribute(call.tx, table, found)
    _purge(call)
    _tell(call, "harper.attribute.dropped", table.full_name, {"table": table.full_name, "attribute": attribute})


def declare(call: Call, table: Table, names: Sequence[str]) -> Table:
    """The dynamic table with these attributes declared and indexed, in the order in which they came."""
    _room_for(table, len(names))
    store.insert_attributes(call.tx, table, [(name, {}, Indexing.READY) for name in names])
    # One event for all that a request brought.
    told = {"database": table.database, "table": table.name, "attributes": list(names)}
    _tell(call, "harper.attributes.declared", table.full_name, told)
    return _there(call, table.database, table.name)


def databases(call: Call) -> list[str]:
    """The databases that the caller sees."""
    rights = user_of(call).rights
    return [name for name in store.databases(call.tx, call.account_id) if rights.sees_database(name)]


def tables(call: Call, database: str) -> list[Table]:
    """The tables of a database that the caller sees. Raises `Missing` if there is no such database for them."""
    rights = user_of(call).rights
    if not store.has_database(call.tx, call.account_id, database) or not rights.sees_database(database):
        raise refusals.no_database(database)
    names = store.table_names(call.tx, call.account_id, database)
    found = (
        store.table(call.tx, call.account_id, database, name) for name in names if rights.sees_table(database, name)
    )
    return [table for table in found if table is not None]


def to_describe(call: Call, database: str, name: str) -> Table:
    """A table that the caller sees; any other does not exist."""
    rights = user_of(call).rights
    found = store.table(call.tx, call.account_id, database, name) if rights.sees_table(database, name) else None
    if found is None and not rights.sees_database(database):
        raise refusals.no_database(database)
    return found or _missing(call, database, name)


def lookup(call: Call, database: str, name: str) -> Table | None:
    """A table, whoever asks: for those who judge for themselves what the caller may see of it."""
    return store.table(call.tx, call.account_id, database, name)


def has_database(call: Call, name: str) -> bool:
    """Whether there is such a database, whoever asks."""
    return store.has_database(call.tx, call.account_id, name)


def _permit(
    call: Call,
    database: str,
    name: str,
    found: Table | None,
    permissions: Sequence[str],
    attributes: Attributes,
    *,
    may_be_new: bool = False,
) -> None:
    user = user_of(call)
    if user.rights.is_super_user:
        return
    known = None if found is None or may_be_new else found.known
    require(
        user,
        [
            Need(
                database=database,
                table=name,
                permissions=tuple(permissions),
                attributes=attributes,
                is_there=found is not None,
                known=known,
                key=None if found is None else found.primary_key,
            )
        ],
    )


def _missing(call: Call, database: str, name: str) -> Table:
    if not store.has_database(call.tx, call.account_id, database):
        raise refusals.no_database(database)
    raise refusals.no_table(database, name)


def _there(call: Call, database: str, name: str) -> Table:
    found = store.table(call.tx, call.account_id, database, name)
    assert found is not None, (database, name)
    return found


def _may_structure(call: Call, database: str, operation: str, compat: Compat) -> None:
    _not_system(database, compat)
    if not user_of(call).rights.may_structure(database):
        message = f"User does not have access to perform '{operation}' against schema '{database}'"
        raise Denied(message, code="not_authorized")


def _not_the_platforms(database: str) -> None:
    """Names under which SQL reads the other products' data."""
    if database in PRODUCT_WORDS - {"harper"}:
        raise refusals.invalid(
            f"database '{database}' is reserved: SQL reads the data of {database.capitalize()} under this name",
            code="database_reserved",
        )


def _refuse_system(call: Call, database: str) -> None:
    """Super users may read the platform's own tables; for others there are none."""
    if user_of(call).rights.is_super_user:
        _not_system(database)


def _not_system(database: str, compat: Compat = Compat.V5) -> None:
    if database == SYSTEM:
        raise refusals.system_database(compat.product)


def _drop(call: Call, table: Table | None) -> None:
    if table is None:  # another was faster
        return
    store.delete_table(call.tx, table)
    _purge(call)
    _tell(call, "harper.table.dropped", table.full_name, {"database": table.database, "table": table.name})


def _fill(call: Call, table: Table, attribute: Attribute) -> None:
    data = {"table_id": table.id, "attribute_id": attribute.id, "name": attribute.name}
    queue.enqueue(call.tx, call.account_id, FILL, data, job_id=call.new_id("job_"))


def _purge(call: Call) -> None:
    queue.enqueue(call.tx, call.account_id, PURGE, {}, job_id=call.new_id("job_"), unique_key=PURGE)


def _room_for(table: Table, more: int) -> None:
    if len(table.attributes) + more > ATTRIBUTES_MAX:
        raise refusals.invalid(
            f"Table '{table.full_name}' would have {len(table.attributes) + more} attributes; at most "
            f"{ATTRIBUTES_MAX} are kept. Put what varies into one nested object.",
            code="too_many_attributes",
        )


def _indexing(definition: Mapping[str, Any]) -> Indexing:
    return Indexing.NONE if definition.get("indexed") is False else Indexing.READY


def _tell(call: Call, type_: str, subject: str, data: Mapping[str, object]) -> None:
    call.emit(type_, subject=subject, data=data)
