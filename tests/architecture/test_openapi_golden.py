"""The committed OpenAPI documents are those that the route tables make, valid, and leave no route unexplained."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from harbor.kernel.http.openapi_replies import is_unspoken
from harbor.products.harbor_events.routes import ROUTES

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = sorted((ROOT / "openapi").glob("*.json"))


def test_the_committed_documents_are_up_to_date() -> None:
    checked = subprocess.run(
        [sys.executable, "scripts/openapi", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_committed_document_is_valid(path: Path) -> None:
    validate(_read(path))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_every_operation_says_what_it_does(path: Path) -> None:
    silent = [
        name
        for name, operation in _operations(_read(path)).items()
        if not (
            operation["summary"] and operation["tags"] and operation["description"].partition("\n")[0].endswith(".")
        )
    ]

    assert silent == []


def test_every_route_of_harbor_is_in_its_document() -> None:
    document = _read(ROOT / "openapi" / "harbor-1.json")

    assert set(_operations(document)) == {route.name for route in ROUTES}


def test_every_route_of_harbor_says_what_it_answers() -> None:
    assert [route.name for route in ROUTES if is_unspoken(route)] == []


def test_an_event_has_the_documented_fields_and_no_others() -> None:
    document = _read(ROOT / "openapi" / "harbor-1.json")
    created = _operations(document)["events.create"]["responses"]["201"]
    schema = document["components"]["schemas"]["Event"]

    assert created["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Event"}
    assert list(schema["properties"]) == schema["required"] == ["id", "type", "workspace_id", "payload", "created_at"]
    assert schema["additionalProperties"] is False


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


def _operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["operationId"]: each for path in document["paths"].values() for each in path.values()}
