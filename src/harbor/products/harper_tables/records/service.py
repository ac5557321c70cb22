"""Writing records: ask first, find what is there, decide for each record, write everything once, tell what became of it.

One request is one transaction. Attributes are declared only for records that are written, so a record that was left
alone adds none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError, Invalid
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import TIMES, Table
from harbor.products.harper_tables.error_paths import at, each_of
from harbor.products.harper_tables.ordering import order_key, rank_end
from harbor.products.harper_tables.records import audit_store as audit
from harbor.products.harper_tables.records import store, telling, upkeep_store
from harbor.products.harper_tables.records.model import (
    BYTES_MAX,
    NUMERIC_KEYS,
    RECORDS_MAX,
    UNSET,
    Entry,
    Written,
    changed_entries,
    check_names,
    cleaned,
    entries,
    has_key,
    key_of,
    loaded,
    merged,
)
from harbor.products.harper_tables.records.store import Stored
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.rights import DELETE, INSERT, UPDATE, refuse_times, refuse_whole, user_of
from harbor.products.harper_tables.values import Doc, to_text

Records = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """What a request says of all its records: when they vanish, when they count as changed, whether they are whole."""

    expires_us: int | None = None
    updated_us: int | None = None
    is_full: bool = False


@dataclass(slots=True)
class _Plan:
    """What a request will write."""

    table: Table
    how: How
    now_us: int
    added: dict[bytes, Doc] = field(default_factory=dict)
    changed: dict[bytes, Doc] = field(default_factory=dict)
    before: dict[bytes, Stored] = field(default_factory=dict)
    done: list[Any] = field(default_factory=list)
    skipped: list[Any] = field(default_factory=list)
    told: list[Doc] = field(default_factory=list)  # what the request says of each record that is written

    def take(self, doc: Doc) -> None:
        """Count a record among those that are written."""
        self.done.append(doc[self.table.primary_key])
        self.told.append(doc)

    @property
    def docs(self) -> dict[bytes, Doc]:
        """Everything that will lie in the store."""
        return {**self.added, **self.changed}


def insert(call: Call, database: str, name: str, records: Records, how: How = How()) -> Written:
    """Add records. Keys that are there, or came before in the same request, are left alone."""
    names = _names(records)
    table = catalog.to_write(call, database, name, (INSERT,), attributes={INSERT: names})
    _refuse_hidden(call, table, records, (INSERT,))
    docs = _with_keys(call, table, records)
    keys = _keys(table, docs)
    plan = _planned(call, table, how, keys)
    for key, doc in zip(keys, docs, strict=True):
        if key in plan.added or key in plan.changed or _is_alive(plan, key):
            plan.skipped.append(doc[table.primary_key])
            continue
        if UNSET in doc:
            raise _nothing_to_unset()
        # One that has expired is overwritten where it lies.
        (plan.changed if key in plan.before else plan.added)[key] = doc
        plan.take(doc)
    return _write(call, plan, "insert")


def update(call: Call, database: str, name: str, records: Records, how: How = How()) -> Written:
    """Change records that are there; others are left alone."""
    names = _names(records)
    table = catalog.to_write(call, database, name, (UPDATE,), attributes={UPDATE: names})
    _refuse_hidden(call, table, records, (UPDATE,), is_full=how.is_full)
    for place, record in enumerate(records):
        if not has_key(record, table.primary_key):
            raise invalid(
                "a valid hash attribute must be provided with update record, check log for more info",
                code="no_key",
                field=at("records", place),
            )
    docs = [cleaned(table, record) for record in records]
    keys = _keys(table, docs)
    plan = _planned(call, table, how, keys)
    for key, doc in zip(keys, docs, strict=True):
        if _is_alive(plan, key):
            plan.changed[key] = merged(table, _present(plan, key), doc, is_full=how.is_full)
            plan.take(doc)
        else:
            plan.skipped.append(doc[table.primary_key])
    return _write(call, plan, "update")


def upsert(call: Call, database: str, name: str, records: Records, how: How = How()) -> Written:
    """Change records that are there and add the others."""
    names = _names(records)
    both = {INSERT: names, UPDATE: names}
    table = catalog.to_write(call, database, name, (INSERT, UPDATE), attributes=both)
    _refuse_hidden(call, table, records, (INSERT, UPDATE), is_full=how.is_full)
    docs = _with_keys(call, table, records)
    keys = _keys(table, docs)
    plan = _planned(call, table, how, keys)
    for key, doc in zip(keys, docs, strict=True):
        if key in plan.added:
            plan.added[key] = merged(table, plan.added[key], doc, is_full=how.is_full)
        elif _is_alive(plan, key):
            plan.changed[key] = merged(table, _present(plan, key), doc, is_full=how.is_full)
        elif UNSET in doc:
            raise _nothing_to_unset()
        else:
            (plan.changed if key in plan.before else plan.added)[key] = doc
        plan.take(doc)
    return _write(call, plan, "upsert")


def delete(call: Call, database: str, name: str, ids: Sequence[Any], *, field: str = "ids") -> Written:
    """Remove records. Keys that are not there are told as left alone. `field` is what the request calls the keys."""
    _refuse_many(len(ids), field)
    keys = each_of(key_of, ids, field)  # before anything is touched
    table = catalog.to_delete_from(call, database, name, DELETE)
    plan = _planned(call, table, How(), keys)
    gone: dict[bytes, Stored] = {}
    for key, each in zip(keys, ids, strict=True):
        if key in gone or not _is_alive(plan, key):
            plan.skipped.append(each)
            continue
        gone[key] = plan.before[key]
        plan.done.append(each)
    return remove(call, table, list(gone.values()), done=plan.done, skipped=plan.skipped)


def remove(call: Call, table: Table, gone: Sequence[Stored], *, done: list[Any], skipped: list[Any]) -> Written:
    """Take stored records out, with their entries, and note it."""
    store.delete(call.tx, table.id, [each.key for each in gone])
    obsolete = [entry for each in gone for entry in entries(table, loaded(table, each.doc, each.epoch), each.key)]
    store.delete_entries(call.tx, obsolete)
    before = [each.doc for each in gone]
    return _noted(call, table, "delete", done, skipped, [], records=None, before=before)


def remove_created_before(call: Call, table: Table, moment_us: int, limit: int) -> int:
    """Take out at most `limit` records that were created before a moment; how many there were."""
    gone = upkeep_store.created_before(call.tx, table.id, moment_us, limit)
    if gone:
        keys = [loaded(table, each.doc, each.epoch)[table.primary_key] for each in gone]
        remove(call, table, gone, done=keys, skipped=[])
    return len(gone)


def _nothing_to_unset() -> Invalid:
    return invalid(
        "'__unset__' needs an existing record to remove attributes from; nothing is stored under this primary key",
        code="invalid_unset",
    )


def _planned(call: Call, table: Table, how: How, keys: Sequence[bytes]) -> _Plan:
    plan = _Plan(table, how, call.tx.now_us)
    plan.before = store.present(call.tx, table.id, list(dict.fromkeys(keys)))
    return plan


def _is_alive(plan: _Plan, key: bytes) -> bool:
    found = plan.before.get(key)
    return found is not None and (found.expires_at is None or found.expires_at > plan.now_us)


def _present(plan: _Plan, key: bytes) -> Doc:
    if (changed := plan.changed.get(key)) is not None:
        return changed
    found = plan.before[key]
    return loaded(plan.table, found.doc, found.epoch)


def _with_keys(call: Call, table: Table, records: Records) -> list[Doc]:
    """The records as they are kept; those that name no key get one that nobody has."""
    docs = [cleaned(table, record) for record in records]
    without = [doc for doc in docs if not has_key(doc, table.primary_key)]
    if without and table.key_definition.get("type") in NUMERIC_KEYS:
        given = [doc[table.primary_key] for doc in docs if has_key(doc, table.primary_key)]
        last = max([_last_number(call, table), *(each for each in given if type(each) in (int, float))])
        for number, doc in enumerate(without, math.floor(last) + 1):
            doc[table.primary_key] = number
        return docs
    for doc in without:
        doc[table.primary_key] = str(uuid4())
    return docs


def _keys(table: Table, docs: Sequence[Doc]) -> list[bytes]:
    return each_of(lambda doc: key_of(doc[table.primary_key]), docs, "records", table.primary_key)


def _last_number(call: Call, table: Table) -> Any:
    low = order_key(0)
    text = store.last_number(call.tx, table.id, low=low, high=rank_end(low))
    return 0 if text is None else loaded(table, text, table.epoch)[table.primary_key]


def _refuse_hidden(
    call: Call, table: Table, records: Records, permissions: Sequence[str], *, is_full: bool = False
) -> None:
    """What a role that lists attributes may not do beyond the properties that a request names."""
    user = user_of(call)
    if user.rights.is_super_user:
        return
    if any(time in record for record in records for time in TIMES):
        refuse_times(user, table.database, table.name, permissions)
    if is_full:
        refuse_whole(user, table.database, table.name)


def _names(records: Records) -> list[str]:
    """The properties that a request names, checked; and that it is not too much for one transaction."""
    _refuse_many(len(records), "records", ", or load it with csv_data_load, csv_url_load or import_from_s3")
    names = dict.fromkeys(name for record in records for name in record)
    try:
        check_names(names)
    except HarborError:
        each_of(check_names, records, "records")  # says which record it is
        raise
    for record in records:
        if isinstance(unset := record.get(UNSET), list):
            names.update(dict.fromkeys(name for name in unset if isinstance(name, str)))
    return [name for name in names if name not in TIMES and name != UNSET]


def _refuse_many(count: int, field: str, instead: str = "") -> None:
    if count > RECORDS_MAX:
        raise invalid(
            f"A request writes at most {RECORDS_MAX} records; this one has {count}. Split it{instead}.",
            code="too_many_records",
            field=field,
        )


def _write(call: Call, plan: _Plan, operation: str) -> Written:
    docs = plan.docs
    table, new_attributes = _declared(call, plan.table, docs.values())
    texts = {key: to_text(doc) for key, doc in docs.items()}
    if sum(map(len, texts.values())) > BYTES_MAX:
        raise invalid(
            f"A request writes at most {BYTES_MAX} bytes of records. Split it, or load it with csv_data_load, "
            "csv_url_load or import_from_s3.",
            code="too_many_bytes",
            field="records",
        )
    new: list[Entry] = [entry for key, doc in plan.added.items() for entry in entries(table, doc, key)]
    old: list[Entry] = []
    for key, doc in plan.changed.items():
        found = plan.before[key]
        obsolete, fresh = changed_entries(table, loaded(table, found.doc, found.epoch), doc, key)
        old += obsolete
        new += fresh
    store.delete_entries(call.tx, old)
    store.insert(call.tx, table.id, [_row(plan, table, key, texts[key]) for key in plan.added])
    store.put(call.tx, table.id, [_row(plan, table, key, texts[key]) for key in plan.changed])
    store.insert_entries(call.tx, new)
    before = [plan.before[key].doc for key in plan.changed if _is_alive(plan, key)]
    # New records lie in the store as they were told; those that were there, or were told of twice, do not.
    is_new = not plan.changed and len(texts) == len(plan.told)
    told = list(texts.values()) if is_new else [to_text(doc) for doc in plan.told]
    return _noted(call, table, operation, plan.done, plan.skipped, new_attributes, records=told, before=before)


def _row(plan: _Plan, table: Table, key: bytes, text: str) -> Stored:
    updated = plan.how.updated_us or plan.now_us
    created = plan.before[key].created_at if _is_alive(plan, key) else updated
    expires = plan.how.expires_us
    if expires is None and table.expiration_s:
        expires = plan.now_us + int(table.expiration_s * 1_000_000)
    return Stored(key, text, table.epoch, created, updated, expires)


def _declared(call: Call, table: Table, docs: Any) -> tuple[Table, list[str]]:
    """The table with an attribute for each property of these records, and the names of the new ones."""
    new = dict.fromkeys(name for doc in docs for name in doc if name not in table.known)
    if not new:
        return table, []
    if table.is_sealed:
        names = ", ".join(new)
        raise invalid(
            f"Table '{table.full_name}' is sealed and has no attribute {names}; declare it with create_attribute.",
            code="table_sealed",
        )
    if table.is_schema_defined:
        return table, []
    return catalog.declare(call, table, list(new)), list(new)


def _noted(
    call: Call,
    table: Table,
    operation: str,
    done: list[Any],
    skipped: list[Any],
    new_attributes: list[str],
    *,
    records: list[str] | None,
    before: list[str],
) -> Written:
    if done and table.is_audited:
        position = audit.append(
            call.tx,
            table.id,
            user=user_of(call).username,
            operation=operation,
            key=table.primary_key,
            ids=done,
            records=records,
            before=before or None,
        )
    else:
        position = audit.moment(call.tx, table.id)
    if done and table.tells_changes:
        telling.tell(call, table, operation, done, position)
    return Written(done=done, skipped=skipped, new_attributes=new_attributes, position=position)
