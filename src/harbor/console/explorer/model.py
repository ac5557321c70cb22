"""An OpenAPI document as pages show it: operations in groups, their parameters, and a body to begin with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_METHODS = ("get", "post", "put", "patch", "delete")
_DEPTH_MAX = 6  # schemas may refer to themselves
_LISTED_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One value a request carries outside its body. `place` is path, query or header; `choices` are all it may be."""

    name: str
    place: str
    is_required: bool
    description: str
    type: str
    example: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a body, as a line of its table."""

    name: str
    type: str
    is_required: bool
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing an API does. `body` is JSON to begin with, None where no body is taken."""

    id: str
    method: str
    path: str
    group: str
    summary: str
    description: str
    is_deprecated: bool
    scopes: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    fields: tuple[Field, ...]
    body: str | None
    replies: tuple[tuple[str, str], ...]
    streams: bool

    def says(self, words: Sequence[str]) -> bool:
        """Whether every word stands somewhere in its name, path or text."""
        text = f"{self.id} {self.method} {self.path} {self.summary} {self.description} {self.group}".lower()
        return all(word in text for word in words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One product's API. `prefix` stands before its paths; `name` is its word in addresses."""

    name: str
    title: str
    description: str
    version: str
    prefix: str
    operations: tuple[Operation, ...]

    def find(self, operation_id: str) -> Operation | None:
        """One operation."""
        return next((one for one in self.operations if one.id == operation_id), None)

    def grouped(self, query: str = "") -> dict[str, list[Operation]]:
        """Operations that say all words of `query`, by group, in the document's order."""
        words = query.lower().split()
        groups: dict[str, list[Operation]] = {}
        for operation in self.operations:
            if operation.says(words):
                groups.setdefault(operation.group, []).append(operation)
        return groups


def api_of(name: str, document: Mapping[str, Any], prefix: str = "") -> Api:
    """What a document says."""
    info = document["info"]
    return Api(
        name=name,
        title=info["title"],
        description=info.get("description", ""),
        version=info["version"],
        prefix=prefix,
        operations=tuple(_operations(document)),
    )


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if (found := item.get(method)) is not None:
                yield _operation(document, path, method, found)


def _operation(document: Mapping[str, Any], path: str, method: str, found: Mapping[str, Any]) -> Operation:
    body = _resolved(document, found.get("requestBody", {}))
    schema = body.get("content", {}).get("application/json", {}).get("schema")
    replies = [(status, _resolved(document, reply)) for status, reply in found["responses"].items()]
    media = {kind for _, reply in replies for kind in reply.get("content", {})}
    return Operation(
        id=found["operationId"],
        method=method.upper(),
        path=path,
        group=next(iter(found.get("tags", ())), "Other"),
        summary=found.get("summary", found["operationId"]),
        description=found.get("description", ""),
        is_deprecated=bool(found.get("deprecated")),
        scopes=tuple(found.get("x-harbor-scopes", ())),
        parameters=tuple(_parameter(document, one) for one in found.get("parameters", ())),
        fields=tuple(_fields(document, schema)) if schema else (),
        body=json.dumps(example_of(document, schema), indent=2, ensure_ascii=False) if schema else None,
        replies=tuple((status, str(reply.get("description", ""))) for status, reply in replies),
        streams="text/event-stream" in media,
    )


def _parameter(document: Mapping[str, Any], raw: Mapping[str, Any]) -> Parameter:
    found = _resolved(document, raw)
    schema = _resolved(document, found.get("schema", {}))
    is_required = bool(found.get("required"))
    example = _given(schema) if is_required else ""
    return Parameter(
        name=found["name"],
        place=found["in"],
        is_required=is_required,
        description=found.get("description", ""),
        type=_type_of(document, schema),
        example="" if example is None else str(example),
        choices=tuple(str(choice) for choice in schema.get("enum", ())),
    )


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Field]:
    found = _resolved(document, schema)
    required = set(found.get("required", ()))
    for name, raw in found.get("properties", {}).items():
        one = _resolved(document, raw)
        yield Field(
            name=name,
            type=_type_of(document, raw),
            is_required=name in required,
            description=raw.get("description") or one.get("description", ""),
        )


def example_of(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> Any:
    """A value of a schema to begin with: its example, or its required fields."""
    found = _resolved(document, schema)
    given = _given(found)
    if given is not None or depth > _DEPTH_MAX:
        return given
    for choice in (*found.get("anyOf", ()), *found.get("oneOf", ())):
        if _resolved(document, choice).get("type") != "null":
            return example_of(document, choice, depth + 1)
    kind = found.get("type")
    kind = next((one for one in kind if one != "null"), None) if isinstance(kind, list) else kind
    if kind == "object" or "properties" in found:
        required = found.get("required", ())
        return {name: example_of(document, found["properties"][name], depth + 1) for name in required}
    if kind == "array":
        return [example_of(document, found["items"], depth + 1)] if "items" in found else []
    return {"string": "", "integer": found.get("minimum", 0), "number": 0, "boolean": False}.get(str(kind))


def _given(schema: Mapping[str, Any]) -> Any:
    if schema.get("examples"):
        return schema["examples"][0]
    return schema.get("example", schema.get("default", next(iter(schema.get("enum", ())), None)))


def _type_of(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    found = _resolved(document, schema)
    choices = [*found.get("anyOf", ()), *found.get("oneOf", ())]
    if choices:
        return " or ".join(dict.fromkeys(_type_of(document, one) for one in choices[:_LISTED_MAX]))
    kind = found.get("type", "object" if "properties" in found else "any")
    names = kind if isinstance(kind, list) else [kind]
    if "array" in names and "items" in found:
        names = [f"array of {_type_of(document, found['items'])}" if name == "array" else name for name in names]
    return " or ".join(names) + (f" ({found['format']})" if "format" in found else "")


def _resolved(document: Mapping[str, Any], value: Mapping[str, Any]) -> Mapping[str, Any]:
    for _ in range(_DEPTH_MAX):
        if "$ref" not in value:
            return value
        target: Any = document
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value
