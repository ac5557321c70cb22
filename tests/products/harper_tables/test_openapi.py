"""The documents: of the operations, committed; and of the tables, for super users."""

from __future__ import annotations

import re

from openapi_spec_validator import validate
from tests.products.harper_tables.access.conftest import on_article
from tests.products.harper_tables.admin_ops.conftest import make_operator
from tests.products.harper_tables.conftest import Instance

from harbor.products.harper_tables.openapi import document, fields_of
from harbor.products.harper_tables.openapi_fields import FIELDS
from harbor.products.harper_tables.product import harper_operations

_REQUIRED = re.compile(r"'([^']+)' is required")
# What they need is one thing or another, or is said in words of their own.
_IN_OTHER_WORDS = {"logout", "create_authentication_tokens", "sql", "add_ssh_key", "import_from_s3"}


def test_every_operation_is_in_the_document_under_all_its_names() -> None:
    operations = harper_operations()
    made = document(operations, title="t", description="d", version="5", base_url="/")

    validate(made)
    bodies = made["components"]["schemas"]
    assert set(operations.names) == set(bodies) - {"error"}
    assert set(FIELDS) <= set(operations.names)
    assert bodies["delete"]["allOf"] == [{"anyOf": [{"required": ["ids"]}, {"required": ["hash_values"]}]}]


async def test_what_the_document_says_is_required_is_asked_for(one_engine: Instance) -> None:
    await make_operator(one_engine)
    wrong = {}
    for name in FIELDS:
        if name in _IN_OTHER_WORDS:
            continue
        reply = await one_engine.ask(name)
        sentences = reply.json()["error"].split(". ") if reply.status == 400 else []
        told = {found[1] for sentence in sentences if (found := _REQUIRED.fullmatch(sentence))}
        said = {field.names[0] for field in fields_of(name) if field.is_required}
        if told != said:
            wrong[name] = (told, said)

    assert wrong == {}


async def test_super_users_get_their_tables_as_schemas(one_engine: Instance) -> None:
    await one_engine.table()
    attributes = [{"name": "id", "type": "ID", "is_primary_key": True}, {"name": "at", "type": "Date"}]
    await one_engine.table("issue", primary_key=None, attributes=attributes, sealed=True)
    tor = await one_engine.user("tor", on_article("read"))

    reply = await one_engine.client.request("GET", "/api/openapi/rest")
    refused = await tor.client.request("GET", "/api/openapi/rest")
    stranger = await one_engine.house.client("harper").request("GET", "/api/openapi/rest")

    assert (refused.status, refused.json()) == (403, {"error": "Forbidden"})
    assert (stranger.status, stranger.json()) == (401, {"error": "Must login"})
    validate(reply.json())
    schemas = reply.json()["components"]["schemas"]
    assert set(schemas) == {"press.article", "press.issue"}
    assert schemas["press.issue"] == {
        "type": "object",
        "properties": {"id": {"type": "string"}, "at": {"type": "string", "format": "date-time"}},
        "additionalProperties": False,
    }
