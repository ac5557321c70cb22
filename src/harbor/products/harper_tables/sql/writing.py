"""INSERT, UPDATE and DELETE: the records are found here and written by the service of records, as any other write is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harbor.products.harper_tables.bodies import check_kept
from harbor.products.harper_tables.catalog.model import TIMES, Table
from harbor.products.harper_tables.records import service as records
from harbor.products.harper_tables.records.model import RECORDS_MAX
from harbor.products.harper_tables.rights import DELETE, READ, UPDATE, Need, require
from harbor.products.harper_tables.search import service as search
from harbor.products.harper_tables.sql import hold_store
from harbor.products.harper_tables.sql import operators as op
from harbor.products.harper_tables.sql.compiling import Compiler, Run
from harbor.products.harper_tables.sql.faults import bad_insert, wrong
from harbor.products.harper_tables.sql.narrowing import narrowed, parts_of
from harbor.products.harper_tables.sql.planning import Planner
from harbor.products.harper_tables.sql.relations import TableRelation
from harbor.products.harper_tables.sql.scope import Scope, Source
from harbor.products.harper_tables.sql.tree import Delete, Expr, Insert, TableRef, Update
from harbor.products.harper_tables.values import Doc


def insert(planner: Planner, statement: Insert) -> dict[str, Any]:
    """Add records."""
    table = planner.table(statement.table.parts)
    if len(set(statement.columns)) != len(statement.columns):
        raise wrong("A column is named twice.", "columns")
    if statement.query is not None:
        plan = planner.query(statement.query, None)
        planner.check_columns()
        if len(plan.names) != len(statement.columns):
            raise bad_insert()
        rows = [list(row.values()) for row in planner.budget.answering(plan.rows(()))]
    else:
        if any(len(row) != len(statement.columns) for row in statement.rows):
            raise bad_insert()
        compiler = Compiler(planner.fixed, Scope([], None, planner.is_restricted))
        rows = [[compiler.run(each)(()) for each in row] for row in statement.rows]
        planner.check_columns()
    docs = [_present(zip(statement.columns, row, strict=True)) for row in rows]
    written = records.insert(planner.call, table.database, table.name, docs)
    return {
        "message": f"inserted {len(written.done)} of {written.total} records",
        "inserted_hashes": written.done,
        "skipped_hashes": written.skipped,
    }


def update(planner: Planner, statement: Update) -> dict[str, Any]:
    """Change the records that match."""
    table, source, scope = _target(planner, statement.table)
    names = [name for name, _ in statement.sets]
    if len(set(names)) != len(names):
        raise wrong("A column is set twice.", "columns")
    if table.primary_key in names:
        raise wrong(f"'{table.primary_key}' is the primary key of {table.full_name} and cannot be set.", "primary_key")
    compiler = Compiler(planner.fixed, scope)
    sets = [(name, compiler.run(expr)) for name, expr in statement.sets if name not in TIMES]
    matching = _Matching(planner, table, source, compiler, statement.where)
    _require(planner, table, source, UPDATE, names)
    found = matching.held()
    changes = [{table.primary_key: doc[table.primary_key], **_set(sets, doc)} for doc in found]
    done: Sequence[Any] = []
    skipped: Sequence[Any] = []
    if changes:
        written = records.update(planner.call, table.database, table.name, changes)
        done, skipped = written.done, written.skipped
    return {
        "message": f"updated {len(done)} of {len(done) + len(skipped)} records",
        "update_hashes": done,
        "skipped_hashes": skipped,
    }


def delete(planner: Planner, statement: Delete) -> dict[str, Any]:
    """Remove the records that match."""
    table, source, scope = _target(planner, statement.table)
    matching = _Matching(planner, table, source, Compiler(planner.fixed, scope), statement.where)
    _require(planner, table, source, DELETE, ())
    ids = [doc[table.primary_key] for doc in matching.held()]
    done: Sequence[Any] = []
    skipped: Sequence[Any] = []
    if ids:
        written = records.delete(planner.call, table.database, table.name, ids)
        done, skipped = written.done, written.skipped
    total = len(done) + len(skipped)
    noun = "record" if total == 1 else "records"
    return {
        "message": f"{len(done)} of {total} {noun} successfully deleted",
        "deleted_hashes": done,
        "skipped_hashes": skipped,
    }


class _Matching:
    """The records of one table that WHERE lets through."""

    def __init__(self, planner: Planner, table: Table, source: Source, compiler: Compiler, where: Expr | None) -> None:
        self.planner = planner
        self.table = table
        self.test = None if where is None else compiler.test(where)
        node = narrowed(parts_of(where), source, compiler).node
        self.relation = TableRelation(planner.call.tx, table, source, planner.budget, node)

    def held(self) -> list[Doc]:
        """The records, which nobody else changes until the transaction ends."""
        found = []
        for (doc,) in self.relation.cells(()):
            if self.test is None or self.test((doc,)):
                found.append(doc)
            if len(found) > RECORDS_MAX:
                raise wrong(
                    f"A statement writes at most {RECORDS_MAX} records; narrow it with WHERE.", "too_many_records"
                )
        tx = self.planner.call.tx
        if tx.engine == "sqlite" or not found:  # its writer is one
            return found
        # Another transaction may have changed them since: they are held, and looked at once more.
        ids = [doc[self.table.primary_key] for doc in found]
        hold_store.hold(tx, self.table.id, ids)
        again = search.by_ids(self.planner.call, self.table, ids)
        return [doc for doc in again if self.test is None or self.test((doc,))]


def _target(planner: Planner, ref: TableRef) -> tuple[Table, Source, Scope]:
    table = planner.table(ref.parts)
    source = planner.source(table, 0, ref.alias or ref.parts[-1])
    return table, source, Scope([source], None, planner.is_restricted)


def _require(planner: Planner, table: Table, source: Source, permission: str, names: Sequence[str]) -> None:
    planner.check_columns()
    attributes: dict[str, Sequence[str]] = {READ: list(source.used)}
    if names:
        attributes[permission] = names
    # What WHERE and SET look at can be learned from what is written. The key alone says only which record is meant.
    looks = bool(set(source.used) - {table.primary_key})
    need = Need(
        database=table.database,
        table=table.name,
        permissions=(READ, permission) if looks else (permission,),
        attributes=attributes,
        key=table.primary_key,
    )
    require(planner.user, [need])


def _set(sets: Sequence[tuple[str, Run]], doc: Doc) -> Doc:
    return _present((name, run((doc,))) for name, run in sets)


def _present(pairs: Any) -> Doc:
    """Values by their names; what is nothing is not stored. Functions make texts that no body could bring."""
    doc = {name: value for name, value in pairs if value is None or not op.is_null(value)}
    check_kept(doc, ())
    return doc
