"""Values of a source's records as our columns keep them. What does not fit is said, and the record is left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

import msgspec

from harbor.kernel.clock import micros
from harbor.products.harvest_timesheets.importing.model import ID_MAX
from harbor.products.harvest_timesheets.wire import AMOUNT_BELOW

NAME_LENGTH_MAX: Final = 1_000
# Far from both ends of time, so that no zone leads beyond them.
_YEARS: Final = (1900, 9000)
_DIGITS_MAX: Final = len(str(AMOUNT_BELOW)) - 1
TEXT_LENGTH_MAX: Final = 65_535
Values = dict[str, Any]


class Unfit(Exception):
    """Why a record cannot be kept."""


class Ref(msgspec.Struct, kw_only=True):
    """A thing that is only referred to."""

    id: int
    name: str | None = None
    currency: str | None = None
    number: str | None = None


class MaybeRef(msgspec.Struct, kw_only=True):
    """A reference that may be an object of nulls."""

    id: int | None = None
    name: str | None = None


class Record(msgspec.Struct, kw_only=True):
    """What every record has."""

    id: int
    created_at: datetime
    updated_at: datetime

    def moments(self) -> Values:
        """When it was made and changed, as columns."""
        return {"created_at": us(self.created_at), "updated_at": us(self.updated_at)}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the rows of an import follow from besides the records. `parent_id` is whose list it is, if it is somebody's."""

    timezone: str
    parent_id: int = 0


@dataclass(slots=True, kw_only=True)
class Mapped:
    """A record as a row. `needs` are ids that must be in other tables, `hopes` those that become null where they are not.

    `children` are rows of the table that belongs to this one.
    """

    id: int
    values: Values
    needs: tuple[tuple[str, int], ...] = ()
    hopes: dict[str, tuple[str, int]] = field(default_factory=dict)
    children: list[Values] = field(default_factory=list)

    def copy(self) -> Mapped:
        """The same, to be changed: a transaction may run again."""
        return replace(self, values=self.values.copy(), children=[each.copy() for each in self.children])


def checked_id(value: int) -> int:
    """An id that every client can read. Raises `Unfit`."""
    if not 0 < value <= ID_MAX:
        raise Unfit(f"its id is not between 1 and {ID_MAX}")
    return value


def scaled(value: Decimal | None, places: int) -> int | None:
    """A number as a scaled integer, rounded half up. Raises `Unfit`."""
    if value is None:
        return None
    if not value.is_finite() or value.adjusted() >= _DIGITS_MAX:
        raise Unfit(f"a number of it is not below {AMOUNT_BELOW}")
    return int(value.scaleb(places).quantize(Decimal(1), ROUND_HALF_UP))


def units(value: Decimal, places: int) -> int:
    """As `scaled`, for what is never null."""
    found = scaled(value, places)
    assert found is not None
    return found


def text(value: str | None, length_max: int = TEXT_LENGTH_MAX) -> str:
    """A text, empty where there is none. Raises `Unfit`."""
    found = value or ""
    if len(found) > length_max:
        raise Unfit(f"a text of it has {len(found)} characters; at most {length_max} fit")
    if "\0" in found:
        raise Unfit("a text of it contains the character U+0000")
    return found


def text_or_none(value: str | None, length_max: int = TEXT_LENGTH_MAX) -> str | None:
    """A text that may be absent. Raises `Unfit`."""
    return None if value is None else text(value, length_max)


def name(value: str | None) -> str:
    """A name. Raises `Unfit`."""
    return text(value, NAME_LENGTH_MAX)


def us(moment: datetime) -> int:
    """A moment as its column has it; without an offset it is UTC. Raises `Unfit`."""
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise Unfit(f"a moment of it is in the year {moment.year}")
    return micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def us_or_none(moment: datetime | None) -> int | None:
    """As `us`, for what may be absent."""
    return None if moment is None else us(moment)


def day_or_none(day: date | None) -> str | None:
    """A day as its column has it."""
    return None if day is None else day.isoformat()
