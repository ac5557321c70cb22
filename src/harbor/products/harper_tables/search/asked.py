"""Reading a search out of a body: conditions with all their spellings, order, part, and which values to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harbor.kernel.errors import Missing
from harbor.products.harper_tables.catalog.model import TIMES, Table
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.records.model import as_date
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.search.model import (
    COMPARATORS,
    CONDITIONS_MAX,
    DEPTH_MAX,
    ONE_SCALAR,
    Comparator,
    Condition,
    Group,
    Node,
    SortKey,
    attributes_of,
)
from harbor.products.harper_tables.search.pages import CURSOR_LENGTH_MAX, SIZE_DEFAULT, SIZE_MAX, PageAsked
from harbor.products.harper_tables.values import Doc

_ALLOWED = ", ".join(each.value for each in Comparator)
_SORTS_MAX = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of a reply; `select` are the properties within it that are wanted, None for all."""

    name: str
    select: tuple[Shown, ...] | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which values a reply shows; `is_all` for `*`."""

    shown: tuple[Shown, ...] = ()
    is_all: bool = False

    @property
    def names(self) -> list[str]:
        """The attributes that are named."""
        return [each.name for each in self.shown]

    def cut(self, table: Table, docs: Sequence[Doc], readable: frozenset[str] | None) -> list[Doc]:
        """The records as they are shown, their properties in the order that was asked for."""
        if not self.is_all:
            return [{each.name: _within(doc.get(each.name), each.select) for each in self.shown} for doc in docs]
        if table.is_schema_defined and readable is None:
            return [_ordered(table, doc) for doc in docs]
        names = [name for name in table.names if readable is None or name in readable or name in TIMES]
        # Most records hold all of them in this order, and are shown as they are.
        return [doc if list(doc) == names else {name: doc.get(name) for name in names} for doc in docs]


_ALL = Selection((Shown("*"),), is_all=True)


def selection(fields: Fields, *, required: bool = False) -> Selection:
    """The field `get_attributes`, or `select`."""
    names = ("get_attributes",) if fields.has("get_attributes") or "select" not in fields.values else ("select",)
    asked = fields.array(*names, required=required, at_least_one="must contain at least 1 item")
    if not asked:
        return Selection(is_all=True)
    if asked == ["*"]:
        return _ALL
    shown = [_shown(each) for each in asked]
    if any(each is None for each in shown):
        fields.refuse(f"'{fields.label(*names)}' must be strings or numbers", field="get_attributes")
        return Selection(is_all=True)
    named = tuple(each for each in shown if each is not None)
    return Selection(named, is_all=any(each.name == "*" for each in named))


def condition_tree(fields: Fields) -> Node:
    """The fields `conditions` and `operator`."""
    conditions = fields.array("conditions", required=True, at_least_one="must contain at least 1 items")
    operator = fields.choice("operator", among=("and", "or"), default="and", any_case=True)
    reader = _Reader(fields)
    parts = [reader.node(each, f"conditions[{place}]", 1) for place, each in enumerate(conditions)]
    return Group([part for part in parts if part is not None], is_any=operator == "or")


def sort_keys(fields: Fields) -> tuple[SortKey, ...]:
    """The field `sort`: an attribute, a direction, and what decides among equals."""
    keys: list[SortKey] = []
    each = fields.raw("sort")
    while each is not None:
        name = each.get("attribute") if isinstance(each, dict) else None
        if isinstance(name, list) and len(name) == 1:
            name = name[0]
        if not isinstance(each, dict) or not isinstance(name, str) or len(keys) >= _SORTS_MAX:
            fields.refuse("'sort.attribute' must be a string", field="sort")
            break
        keys.append(SortKey(name, is_descending=each.get("descending") is True))
        each = each.get("next")
    return tuple(keys)


def page_asked(fields: Fields) -> PageAsked | None:
    """The field `page`, if it is an object: `size`, `cursor` and `total`. Whatever else stands there is not ours."""
    value = fields.values.get("page")
    if not isinstance(value, dict):
        return None
    own = Fields(value, fields.compat)
    size = own.count("size", at_least=1, default=SIZE_DEFAULT) or SIZE_DEFAULT
    if size > SIZE_MAX:
        own.refuse(f"'size' must be less than or equal to {SIZE_MAX}", field="size")
    cursor = own.text("cursor") or None
    if cursor is not None and len(cursor) > CURSOR_LENGTH_MAX:
        own.refuse("'cursor' is none that was given out here", field="cursor")
    wants_total = own.flag("total")
    for label, sentence in own.faults:
        fields.refuse(sentence.replace("'", "'page.", 1), field=f"page.{label}")
    for name in ("limit", "offset"):
        if fields.has(name):
            fields.refuse(f"'{name}' and 'page' cannot both be given", field=name)
    return PageAsked(size=size, cursor=cursor, wants_total=wants_total)


def wants_explained(fields: Fields) -> bool:
    """Whether `explain` is true: then the search is explained and not run. Whatever else stands there is not ours."""
    return fields.values.get("explain") is True


def known(table: Table, node: Node, sort: Sequence[SortKey]) -> Node:
    """The conditions with operands in the declared types. Raises for attributes that the table does not have."""
    missing = [name for name in attributes_of(node) if name not in table.known]
    if missing:
        *others, last = missing
        text = f"{', '.join(others)} and {last}" if others else last
        raise invalid(f"unknown attribute '{text}'", code="unknown_attribute", field="conditions")
    for key in sort:
        if key.attribute not in table.known:
            raise Missing(f"{key.attribute} is not a defined attribute", code="unknown_attribute", field="sort")
    return _typed(table, node) if table.dates else node


def _typed(table: Table, node: Node) -> Node:
    if isinstance(node, Group):
        return Group([_typed(table, part) for part in node.parts], node.is_any)
    if node.attribute not in table.dates:
        return node
    value = node.value
    if isinstance(value, str):
        return Condition(node.path, node.comparator, as_date(value))
    if isinstance(value, list):
        return Condition(
            node.path, node.comparator, [as_date(each) if isinstance(each, str) else each for each in value]
        )
    return node


@dataclass(slots=True)
class _Reader:
    fields: Fields
    seen: int = 0

    def node(self, value: Any, label: str, depth: int) -> Node | None:
        """A condition or a group; None after a fault."""
        self.seen += 1
        if self.seen > CONDITIONS_MAX or depth > DEPTH_MAX:
            return self._fault(f"'conditions' may hold {CONDITIONS_MAX} conditions, nested {DEPTH_MAX} deep", label)
        if not isinstance(value, dict):
            return self._fault(f"'{label}' must be of type object", label)
        if "conditions" in value:
            return self._group(value, label, depth)
        return self._condition(value, label)

    def _group(self, value: dict[str, Any], label: str, depth: int) -> Node | None:
        operator = value.get("operator") or "and"
        word = operator.lower() if isinstance(operator, str) else ""
        if word not in ("and", "or"):
            return self._fault(f"'{label}.operator' must be one of [and, or]", f"{label}.operator")
        inner = value["conditions"]
        if not isinstance(inner, list):
            return self._fault(f"'{label}.conditions' must be an array", f"{label}.conditions")
        if not inner:
            return self._fault(f"'{label}.conditions' must contain at least 1 items", f"{label}.conditions")
        parts = [self.node(each, f"{label}.conditions[{place}]", depth + 1) for place, each in enumerate(inner)]
        return Group([part for part in parts if part is not None], is_any=word == "or")

    def _condition(self, value: dict[str, Any], label: str) -> Node | None:
        own = Fields(value, self.fields.compat)
        path = _path(own.raw("attribute", "search_attribute"))
        if path is None:
            name = own.label("attribute", "search_attribute")
            what = "must be a string" if own.has("attribute", "search_attribute") else "is required"
            return self._fault(f"'{label}.{name}' {what}", f"{label}.{name}")
        word = own.raw("comparator", "search_type")
        comparator = COMPARATORS.get(word) if isinstance(word, str) else Comparator.EQUALS if word is None else None
        if comparator is None:
            name = own.label("comparator", "search_type")
            return self._fault(f"'{label}.{name}' must be one of [{_ALLOWED}]", f"{label}.{name}")
        name = own.label("value", "search_value")
        if name not in value:
            return self._fault(f"'{label}.{name}' is required", f"{label}.{name}")
        operand = value[name]
        if fault := _operand_fault(comparator, operand):
            return self._fault(f"'{label}.{name}' {fault}", f"{label}.{name}")
        return Condition(path, comparator, operand)

    def _fault(self, sentence: str, label: str) -> Node | None:
        """No condition, and what is wrong with it."""
        self.fields.refuse(sentence, field=label)
        return None


def _operand_fault(comparator: Comparator, operand: Any) -> str | None:
    if comparator is Comparator.BETWEEN:
        is_pair = isinstance(operand, list) and len(operand) == 2
        if not is_pair or any(each is None or isinstance(each, list | dict) for each in operand):
            return "must be an array of two texts or numbers"
    elif comparator is Comparator.IN:
        return None if isinstance(operand, list) and len(operand) <= CONDITIONS_MAX else "must be an array"
    elif comparator in ONE_SCALAR and (operand is None or isinstance(operand, list | dict)):
        return "must be one of [string, number]"
    return None


def _path(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, bool) or value is None or value == "" or value == []:
        return None
    if isinstance(value, int | float):
        return (str(value),)
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and len(value) <= DEPTH_MAX and all(isinstance(each, str) for each in value):
        return tuple(value)
    return None


def _shown(value: Any) -> Shown | None:
    if isinstance(value, str):
        return Shown(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Shown(str(value))
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        select = value.get("select")
        if select is None:
            return Shown(value["name"])
        inner = [_shown(each) for each in select] if isinstance(select, list) else [None]
        found = tuple(each for each in inner if each is not None)
        return Shown(value["name"], found) if len(found) == len(inner) else None
    return None


def _within(value: Any, select: tuple[Shown, ...] | None) -> Any:
    if select is None or any(each.name == "*" for each in select):
        return value
    if isinstance(value, list):
        return [_within(item, select) for item in value]
    if isinstance(value, dict):
        return {each.name: _within(value.get(each.name), each.select) for each in select}
    return value


def _ordered(table: Table, doc: Doc) -> Doc:
    """A record's own properties, those that are declared first and in that order."""
    named = {name: doc[name] for name in table.names if name in doc}
    return {**named, **doc}
