"""What the explorer shows of an OpenAPI document."""

from __future__ import annotations

import inspect
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from harbor.console.explorer.model import Api, api_of, example_of
from harbor.console.explorer.sdk_names import python_name, typescript_name
from harbor_sdk import Harbor

DOCUMENT = json.loads((Path(__file__).parents[3] / "openapi" / "harbor-1.json").read_text())


@lru_cache(1)
def api() -> Api:
    return api_of("harbor", DOCUMENT)


OPERATIONS = [operation.id for operation in api().operations]


def test_every_operation_of_the_document_is_there_once() -> None:
    paths = DOCUMENT["paths"]
    assert len(OPERATIONS) == len(set(OPERATIONS))
    assert len(OPERATIONS) == sum(
        method in item for item in paths.values() for method in ("get", "post", "put", "patch", "delete")
    )


def test_a_search_finds_operations_that_say_all_its_words() -> None:
    found = [one.id for group in api().grouped("rotate SECRET").values() for one in group]

    assert "webhooks.rotate_secret" in found
    assert "webhooks.delete" not in found
    assert api().grouped("nothing says this") == {}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_body_to_begin_with_has_every_required_field(operation: str) -> None:
    found = api().find(operation)
    assert found is not None
    required = {field.name for field in found.fields if field.is_required}

    assert required <= set(json.loads(found.body) if found.body else {})


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if python_name("harbor", one)])
def test_the_python_example_names_a_method_that_takes_what_it_is_given(operation: str) -> None:
    found = api().find(operation)
    name = python_name("harbor", operation)
    assert found is not None
    assert name is not None
    method: Any = Harbor("hb_test_000000")
    for part in name.split("."):
        method = getattr(method, part)
    values = [one.example for one in found.parameters if one.place == "path"]
    fields = {field.name: None for field in found.fields}

    inspect.signature(method).bind(*values, **fields)


def test_the_typescript_sdk_has_fewer_namespaces_and_camel_case() -> None:
    assert typescript_name("harbor", "webhooks.rotate_secret") == "webhooks.rotateSecret"
    assert typescript_name("harbor", "request_logs.list") is None
    assert python_name("harvest", "events.create") is None


def test_a_schema_that_refers_to_itself_ends() -> None:
    document = {
        "components": {
            "schemas": {
                "A": {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/A"}}}
            }
        }
    }

    assert "a" in example_of(document, {"$ref": "#/components/schemas/A"})
