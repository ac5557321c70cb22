"""Making records again what they were before a transaction, out of the audit. What was changed since is told, not overwritten.

A revert is an update, an insert or a removal like any other: with its rights, its entries in the audit, and its events.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Missing
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import Table
from harbor.products.harper_tables.error_paths import each_of
from harbor.products.harper_tables.ordering import order_key
from harbor.products.harper_tables.records import audit_store, service, store
from harbor.products.harper_tables.records.audit_store import Change
from harbor.products.harper_tables.records.model import RECORDS_MAX, Written, key_of
from harbor.products.harper_tables.records.service import How
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.rights import UPDATE, refuse_whole, user_of
from harbor.products.harper_tables.values import Doc

# What is read of the audit while the record may not be changed by others, and for how long.
CHANGES_MAX = 10_000
SECONDS_MAX = 1.0
_US = 1_000


@dataclass(slots=True)
class Reverted:
    """What came of a revert: keys that are what they were, that were so already, and changes that stood in the way."""

    done: list[Any] = field(default_factory=list)
    skipped: list[Any] = field(default_factory=list)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    position: int = 0

    @property
    def total(self) -> int:
        """How many records were asked for."""
        return len(self.done) + len(self.skipped) + len(self.conflicts)


@dataclass(slots=True)
class _History:
    """The first change of a record at or after a moment, and the first one behind it."""

    first: Change
    later: Change | None = None

    def before(self, key: bytes) -> Doc | None:
        """What the record was, None if it was not there."""
        return next((doc for doc in self.first.before or () if order_key(doc[self.first.key]) == key), None)


def revert(
    call: Call, database: str, name: str, *, txn_us: int, ids: Sequence[Any] | None, overwrites: bool
) -> Reverted:
    """The records of a transaction, or those of `ids`, as they were before it.

    Raises `Missing` for a transaction that is not in the audit, `Invalid` for a table without one, and the 403 of roles: for
    update, and for insert and delete where a record comes back or goes.
    """
    table = catalog.to_write(call, database, name, (UPDATE,))
    refuse_whole(user_of(call), database, name)
    if not table.is_audited:
        raise invalid("To use this operation audit log must be enabled in harperdb-config.yaml", code="audit_is_off")
    if ids is None:
        ids = _transaction(call, table, txn_us).ids
    _is_remembered(call, table, txn_us)
    if len(ids) > RECORDS_MAX:
        raise invalid(
            f"A request writes at most {RECORDS_MAX} records; this one has {len(ids)}.", code="too_many_records"
        )
    by_key = dict(zip(each_of(key_of, ids, "ids"), ids, strict=True))
    # Held, so that nobody changes them between the look at the audit and the write.
    present = store.present(call.tx, table.id, list(by_key))
    alive = {key for key, each in present.items() if each.expires_at is None or each.expires_at > call.tx.now_us}
    found = _judged(call, table, by_key, alive, txn_us, overwrites=overwrites)
    return _write(call, table, found)


@dataclass(slots=True)
class _Found:
    result: Reverted = field(default_factory=Reverted)
    changed: list[Doc] = field(default_factory=list)
    added: list[Doc] = field(default_factory=list)
    removed: list[Any] = field(default_factory=list)


def _judged(
    call: Call, table: Table, by_key: Mapping[bytes, Any], alive: set[bytes], txn_us: int, *, overwrites: bool
) -> _Found:
    found = _Found()
    histories = _histories(call, table, by_key, txn_us)
    for key, each in by_key.items():
        history = histories.get(key)
        if history is None:
            found.result.skipped.append(each)
            continue
        if history.later is not None and not overwrites:
            later = history.later
            found.result.conflicts.append({"id": each, "txn_time": later.position / _US, "operation": later.operation})
            continue
        before = history.before(key)
        if before is not None:
            (found.changed if key in alive else found.added).append(_fitting(table, before))
        elif key in alive:
            found.removed.append(each)
        else:
            found.result.skipped.append(each)
            continue
        found.result.done.append(each)
    return found


def _write(call: Call, table: Table, found: _Found) -> Reverted:
    written: list[Written] = []
    if found.changed:
        written.append(service.update(call, table.database, table.name, found.changed, How(is_full=True)))
    if found.added:
        written.append(service.insert(call, table.database, table.name, found.added))
    if found.removed:
        written.append(service.delete(call, table.database, table.name, found.removed))
    result = found.result
    result.position = max((each.position for each in written), default=audit_store.moment(call.tx, table.id))
    if written:
        counts = {"reverted": len(result.done), "conflicts": len(result.conflicts)}
        data = {"database": table.database, "table": table.name, "txn_time": result.position / _US, **counts}
        call.emit("harper.records.reverted", subject=table.full_name, data=data)
    return result


def _transaction(call: Call, table: Table, txn_us: int) -> Change:
    for change in audit_store.in_order(call.tx, table.id, since=txn_us, until=txn_us):
        return change
    raise Missing(
        f"No transaction of '{table.full_name}' has the txn_time {txn_us / _US:.3f}",
        code="transaction_missing",
        field="txn_time",
    )


def _is_remembered(call: Call, table: Table, txn_us: int) -> None:
    """Raise `Missing` for a moment before the oldest change that is kept: what was done in between is not known."""
    first = audit_store.first_position(call.tx, table.id)
    if first is None or txn_us < first:
        begins = "holds no change" if first is None else f"begins with the txn_time {first / _US:.3f}"
        raise Missing(
            f"The audit of '{table.full_name}' {begins}; nothing before it is known.",
            code="history_forgotten",
            field="txn_time",
        )


def _histories(call: Call, table: Table, wanted: Mapping[bytes, Any], txn_us: int) -> dict[bytes, _History]:
    found: dict[bytes, _History] = {}
    until = time.monotonic() + SECONDS_MAX
    for number, change in enumerate(audit_store.in_order(call.tx, table.id, since=txn_us)):
        if number >= CHANGES_MAX or time.monotonic() > until:
            raise invalid(
                f"More than {number} changes of '{table.full_name}' came since; a revert looks at no more of them. Name a later "
                "txn_time, or write the records anew.",
                code="too_many_changes",
                field="txn_time",
            )
        for key in {order_key(each) for each in change.ids} & wanted.keys():
            known = found.get(key)
            if known is None:
                found[key] = _History(change)
            elif known.later is None:
                known.later = change
    return found


def _fitting(table: Table, doc: Doc) -> Doc:
    """A record of before without what was dropped since, or what its table no longer takes."""
    if table.is_schema_defined and not table.is_sealed:
        return doc
    return {name: value for name, value in doc.items() if name in table.known}
