"""What a table is: its key, its attributes, which of them have an index, and what was dropped from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

CREATED, UPDATED = "__createdtime__", "__updatedtime__"
TIMES = (CREATED, UPDATED)
SYSTEM = "system"
DEFAULT_DATABASE = "data"
TYPES = ("ID", "String", "Int", "Long", "Float", "BigInt", "Boolean", "Date", "Bytes", "Blob", "Any", "Array")


class Indexing(StrEnum):
    """Whether searches may use an attribute's entries. While an index is being filled they must not."""

    NONE = "none"
    FILLING = "filling"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. `definition` is what was declared: type, elements, nullable and the like."""

    id: int
    name: str
    indexing: Indexing
    definition: Mapping[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str | None:
        """The declared type, if there is one."""
        return self.definition.get("type")

    @property
    def has_entries(self) -> bool:
        """Whether writes keep entries for it."""
        return self.indexing is not Indexing.NONE


@dataclass(frozen=True, slots=True)
class Dropped:
    """An attribute whose values still lie in records that were written before `epoch`."""

    name: str
    epoch: int


@dataclass(frozen=True)
class Table:
    """A table as one transaction sees it. `attributes` are in the order in which they came, without key and times."""

    id: int
    account_id: str
    database: str
    name: str
    primary_key: str
    settings: Mapping[str, Any]
    epoch: int
    version: str
    created_at: int
    attributes: Mapping[str, Attribute]
    dropped: tuple[Dropped, ...] = ()

    @property
    def full_name(self) -> str:
        """`press.article`"""
        return f"{self.database}.{self.name}"

    @property
    def is_schema_defined(self) -> bool:
        """Whether writes leave the attributes as they are."""
        return bool(self.settings.get("schema_defined"))

    @property
    def is_sealed(self) -> bool:
        """Whether properties that are not declared are refused."""
        return bool(self.settings.get("sealed"))

    @property
    def is_audited(self) -> bool:
        """Whether changes are written down."""
        return bool(self.settings.get("audit", True))

    @property
    def tells_changes(self) -> bool:
        """Whether changes of its records are events."""
        return bool(self.settings.get("events"))

    @property
    def expiration_s(self) -> float | None:
        """After how many seconds a record vanishes."""
        return self.settings.get("expiration")

    @cached_property
    def key_definition(self) -> Mapping[str, Any]:
        """What was declared of the primary key."""
        found: Mapping[str, Any] = self.settings.get("key") or {}
        return found

    @cached_property
    def shows_times(self) -> bool:
        """Whether records carry `__createdtime__` and `__updatedtime__`."""
        return not self.is_schema_defined

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All attributes in the order in which records are shown: the key, the others, the times."""
        others = tuple(name for name in self.attributes if name not in TIMES)
        return (self.primary_key, *others, *(TIMES if self.shows_times else ()))

    @cached_property
    def known(self) -> frozenset[str]:
        """The same without order."""
        return frozenset(self.names)

    @cached_property
    def entries(self) -> tuple[Attribute, ...]:
        """The attributes whose entries a write keeps."""
        return tuple(each for each in self.attributes.values() if each.has_entries)

    @cached_property
    def dates(self) -> frozenset[str]:
        """The attributes declared as dates."""
        return frozenset(name for name, each in self.attributes.items() if each.type == "Date")
