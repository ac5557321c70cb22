"""Records: their keys, the names of their properties, their entries in the index, and how a change is merged. All pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harbor.kernel.bounds import MIB
from harbor.products.harper_tables.catalog.model import TIMES, Table
from harbor.products.harper_tables.error_paths import at
from harbor.products.harper_tables.fields import NAME_LENGTH_MAX
from harbor.products.harper_tables.ordering import index_key, order_key
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.values import Doc, Instant, from_text

KEY_BYTES_MAX = 1_978  # as in Harper
RECORDS_MAX = 10_000
BYTES_MAX = 16 * MIB
UNSET = "__unset__"
NUMERIC_KEYS = frozenset({"Int", "Long", "Float", "BigInt"})
_NO_NAMES = frozenset({"", "null", "undefined"})
_NO_KEYS = frozenset({"null", "undefined"})

# Values of these types that are equal have one key.
_SIMPLE = frozenset({str, int, float, bool, type(None)})

Entry = tuple[int, bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of a request: the keys that were written and those that were left alone, in the order of the request."""

    done: list[Any]
    skipped: list[Any]
    new_attributes: list[str]
    position: int  # microseconds since 1970, unique in the table

    @property
    def total(self) -> int:
        """How many records were asked for."""
        return len(self.done) + len(self.skipped)

    @property
    def txn_time(self) -> float:
        """The transaction's moment in milliseconds, with a fraction that keeps it unique."""
        return self.position / 1_000


def key_of(value: object) -> bytes:
    """The key of a primary key's value. Raises `Invalid` for what can be none."""
    if value is None:
        raise invalid("Invalid primary key of null", code="invalid_key")
    if isinstance(value, dict) or (isinstance(value, str) and value in _NO_KEYS):
        shown = value if isinstance(value, str) else "[object Object]"
        raise invalid(
            f"Invalid hash value: '{shown}' is not a valid hash attribute value, check log for more info",
            code="invalid_key",
        )
    key = order_key(value)
    if len(key) > KEY_BYTES_MAX:
        raise invalid(f"The primary key has {len(key)} bytes; at most {KEY_BYTES_MAX} fit.", code="invalid_key")
    return key


def has_key(record: Mapping[str, Any], primary_key: str) -> bool:
    """Whether a record says which one it is: null and the empty text do not."""
    value = record.get(primary_key)
    return value is not None and value != ""


def check_names(names: Iterable[str]) -> None:
    """Raise `Invalid` for a property that cannot become an attribute."""
    for name in names:
        if name in _NO_NAMES:
            raise invalid(f"Invalid attribute name: '{name}'", code="invalid_attribute_name", field=at(name))
        if "`" in name or "/" in name:
            message = "Attribute names cannot include backticks or forward slashes"
            raise invalid(message, code="invalid_attribute_name", field=at(name[:NAME_LENGTH_MAX]))
        if len(name) > NAME_LENGTH_MAX:
            message = (
                f"Invalid attribute name: '{name[:50]}…' has {len(name)} characters, at most {NAME_LENGTH_MAX} fit"
            )
            raise invalid(message, code="invalid_attribute_name", field=at(name[:NAME_LENGTH_MAX]))


def loaded(table: Table, text: str, epoch: int) -> Doc:
    """The values of a stored record, without those of attributes that were dropped since it was written."""
    doc = from_text(text)
    for gone in table.dropped:
        if epoch < gone.epoch:
            doc.pop(gone.name, None)
    return doc


def entries(table: Table, doc: Mapping[str, Any], key: bytes) -> list[Entry]:
    """The entries of a record. null and absent have none."""
    found = []
    for attribute in table.entries:
        value = doc.get(attribute.name)
        if value is not None:
            found.append((attribute.id, index_key(value), key))
    return found


def changed_entries(
    table: Table, before: Mapping[str, Any], after: Mapping[str, Any], key: bytes
) -> tuple[list[Entry], list[Entry]]:
    """The entries that a change of a record makes obsolete, and the new ones."""
    obsolete, new = [], []
    for attribute in table.entries:
        was, will = before.get(attribute.name), after.get(attribute.name)
        if type(was) is type(will) and type(was) in _SIMPLE and was == will:
            continue
        old = None if was is None else index_key(was)
        fresh = None if will is None else index_key(will)
        if old != fresh:
            if old is not None:
                obsolete.append((attribute.id, old, key))
            if fresh is not None:
                new.append((attribute.id, fresh, key))
    return obsolete, new


def cleaned(table: Table, record: Mapping[str, Any]) -> Doc:
    """The record as it is kept: without the times, which are ours, and with declared dates as dates."""
    doc = {name: value for name, value in record.items() if name not in TIMES}
    for name in table.dates:
        if isinstance(value := doc.get(name), str):
            doc[name] = as_date(value)
    return doc


def as_date(text: str) -> Instant | str:
    """The date of an ISO 8601 text; another text stays what it is."""
    return parsed if (parsed := Instant.parse(text)) is not None else text


def merged(table: Table, before: Doc, change: Doc, *, is_full: bool) -> Doc:
    """The record after a change: top-level properties are replaced, those named by `__unset__` removed.

    Raises `Invalid` for an `__unset__` of the key or of a time.
    """
    after = {**({} if is_full else before), **change}
    unset = after.pop(UNSET, None)
    after[table.primary_key] = before[table.primary_key]
    for name in unset if isinstance(unset, list) else ():
        if not isinstance(name, str):
            continue
        if name == table.primary_key:
            raise invalid(f"'{name}' is the primary key of this table and cannot be unset", code="invalid_unset")
        if name in TIMES:
            raise invalid(f"'{name}' is maintained by Harper and cannot be unset", code="invalid_unset")
        after.pop(name, None)
    return after
