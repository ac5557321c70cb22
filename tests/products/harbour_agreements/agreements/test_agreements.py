"""Agreements through the older calls: uploaded, listed, changed in versions, given out, removed; and fields that can be."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import Any

import pytest
from tests.harness import Client
from tests.products.harbour_agreements.agreements.pdfs import pdf
from tests.products.harbour_agreements.office import Office

from harbor.products.harbour_agreements.agreements.service import files_among

SIGNATURE = {
    "id": "agreementinput-sign",
    "label": "Signature",
    "type": "signature",
    "role": "Signer",
    "required": True,
    "page": 1,
    "rectangle": {"x": 72, "y": 72, "width": 200, "height": 40},
}


def _upload(content: bytes | None = None, name: str = "Lease.pdf", **data: Any) -> dict[str, Any]:
    text = base64.b64encode(pdf() if content is None else content).decode()
    return {"file_upload": {"name": name, "base64": text}, "agreement_data": data}


async def _made(office: Office, **data: Any) -> dict[str, Any]:
    reply = await office.ask("POST", "/v1/agreements", _upload(**data))
    assert reply.status == 201, reply.body
    return reply.json()  # type: ignore[no-any-return]


async def test_an_agreement_is_uploaded_shown_changed_given_out_and_removed(office: Office) -> None:
    content = pdf(pages=2)
    reply = await office.ask("POST", "/v1/agreements", _upload(content, title="Núñez & Söhne", fields=[SIGNATURE]))
    made = reply.json()
    one = f"/v1/agreements/{made['id']}"
    assert reply.headers["location"] == f"https://desk.test/harbour{one}"
    assert re.fullmatch(r"AGREE-\d{13}_[0-9a-f]{32}", made["id"])
    assert (made["title"], made["status"], made["version"], made["pages"]) == ("Núñez & Söhne", "Draft", 1, 2)
    assert made["date_created"] == "2026-05-25T12:00:00.000000Z"
    assert (made["fields"], made["signer_roles"], made["links"]) == ([SIGNATURE], ["Signer"], [])
    assert await office.get(one) == made
    assert (await office.get("/v1/folders"))["folders"][0]["id"] == made["folder"]

    renamed = (await office.ask("PUT", one, {"agreement_data": {"title": "Lease"}})).json()
    assert (renamed["title"], renamed["version"]) == ("Lease", 1)
    again = (await office.ask("PUT", one, _upload(pdf(pages=1)))).json()
    assert (again["version"], again["pages"], again["fields"]) == (2, 1, [SIGNATURE])
    assert again["sha256"] != made["sha256"]

    given = await office.get(f"{one}/download")
    nobody = Client(office.client.pipeline, {}, office.client.mount)
    path = given["download_url"].removeprefix("https://desk.test/harbour")
    file = await nobody.request("GET", path)
    assert (file.status, file.body, file.headers["content-type"]) == (200, pdf(pages=1), "application/pdf")
    assert given["expires_at"] == again_ms(office) + 900_000
    office.clock.advance(901)
    ended = await nobody.request("GET", path)
    assert (ended.status, ended.json()["error"]) == (410, 4001)
    assert f"GET {one}/download" in ended.json()["detail"]
    assert (await nobody.request("GET", f"{path}x")).status == 404

    def named(call: Any) -> tuple[int, set[str]]:
        keys = {row["blob_key"] for row in call.tx.rows("SELECT blob_key FROM harbour_agreement_versions")}
        return len(keys), keys - files_among(call.tx, call.account_id, keys | {"nobody's"})

    assert await office.write(named) == (2, set())
    given = await office.get(f"{one}/download")
    assert (await office.ask("DELETE", one)).json()["id"] == made["id"]
    path = given["download_url"].removeprefix("https://desk.test/harbour")
    assert (await nobody.request("GET", path)).status == 404  # what is removed is given to nobody any more
    assert (await office.ask("GET", one)).status == 404


def again_ms(office: Office) -> int:
    """The present moment of the calendar in milliseconds."""
    return int(office.clock.now().timestamp() * 1_000)


async def test_lists_go_by_offset_in_three_orders(office: Office) -> None:
    for title in ("b", "a", "c"):
        await _made(office, title=title, is_template=title == "c")

    async def titles(query: str) -> list[str]:
        return [each["title"] for each in (await office.get(f"/v1/agreements?{query}"))["agreements"]]

    assert await titles("") == ["c", "a", "b"]
    assert await titles("order_by=title&sort_order=asc") == ["a", "b", "c"]
    assert await titles("order_by=ID&sort_order=ASC") == ["b", "a", "c"]
    assert await titles("is_template=true") == ["c"]
    first = await office.get("/v1/agreements?limit=2&order_by=TITLE&sort_order=ASC")
    assert (first["count"], first["previous"]) == (3, None)
    assert first["next"] == "https://desk.test/harbour/v1/agreements?limit=2&order_by=TITLE&sort_order=ASC&offset=2"
    last = await office.get(first["next"].removeprefix("https://desk.test/harbour"))
    assert ([each["title"] for each in last["agreements"]], last["next"]) == (["c"], None)
    assert last["previous"].endswith("offset=0")
    for query in ("limit=0", "limit=101", "offset=-1", "order_by=size", "sort_order=up", "is_template=perhaps"):
        assert (await office.ask("GET", f"/v1/agreements?{query}")).status == 422, query


async def test_folders_and_the_organization(one_engine: Office) -> None:
    folder = (await one_engine.ask("POST", "/v1/folders", {"title": "Leases"})).json()
    made = await _made(one_engine, folder=folder["id"])

    assert made["folder"] == folder["id"]
    assert await one_engine.get(f"/v1/folders/{folder['id']}") == folder
    assert (await one_engine.get("/v1/organizations"))["organizations"][0]["id"].startswith("ORG-")
    assert (await one_engine.ask("POST", "/v1/folders", {"title": "<b>"})).status == 422
    assert (await one_engine.ask("POST", "/v1/agreements", _upload(folder="FOLDER-1_2"))).status == 404


async def test_who_may_only_read_uploads_nothing_and_others_see_nothing(one_engine: Office) -> None:
    made = await _made(one_engine)
    reader = await one_engine.caller(scopes=["agreements:read"])
    assert (await reader.request("GET", f"/v1/agreements/{made['id']}")).status == 200
    assert (await reader.request("POST", "/v1/agreements", _upload())).status == 403
    stranger = replace(one_engine, organization=await one_engine.house.organization("Globex"))
    other = await stranger.caller()
    assert (await other.request("GET", f"/v1/agreements/{made['id']}")).status == 404
    assert (await other.request("GET", "/v1/agreements")).json()["count"] == 0


def _field(**changes: Any) -> list[dict[str, Any]]:
    return [{**SIGNATURE, **changes}]


@pytest.mark.parametrize(
    ("data", "path", "code"),
    [
        ({"title": "<script>"}, "agreement_data.title", "invalid_characters"),
        ({"signer_roles": []}, None, None),  # an empty list is none given: the default role
        ({"signer_roles": ["A", "A"], "fields": _field(role="A")}, "agreement_data.signer_roles", "custom"),
        ({"fields": _field(id="sign")}, "agreement_data.fields.0.id", "custom"),
        ({"fields": _field() * 2}, "agreement_data.fields.1.id", "custom"),
        ({"fields": _field(role="Nobody")}, "agreement_data.fields.0.role", "enum"),
        ({"fields": _field(page=2)}, "agreement_data.fields.0.page", "out_of_range"),
        ({"fields": _field(page=None)}, "agreement_data.fields.0.page", "out_of_range"),
        ({"fields": _field(anchor="Sign here:")}, "agreement_data.fields.0.rectangle", "required"),
        ({"fields": _field(type="select")}, "agreement_data.fields.0.options", "custom"),
        ({"fields": _field(min=2, max=1)}, "agreement_data.fields.0.min", "out_of_range"),
        ({"fields": _field(label="a\tb")}, "agreement_data.fields.0.label", "invalid_characters"),
        ({"fields": _field(default={"a": 1})}, "agreement_data.fields.0.default", "type"),
        (
            {"fields": _field(condition={"field": "agreementinput-sign", "equals": True})},
            "agreement_data.fields.0.condition.field",
            "custom",
        ),
        ({"fields": _field(type="hologram")}, "agreement_data.fields.0.type", "enum"),
        ({"fields": _field(surprise=1)}, "agreement_data.fields.0.surprise", "unknown_field"),
    ],
)
async def test_what_cannot_be_signed_is_refused_by_its_place(
    one_engine: Office, data: dict[str, Any], path: str | None, code: str | None
) -> None:
    reply = await one_engine.ask("POST", "/v1/agreements", _upload(**data))

    if path is None:
        assert reply.status == 201
        return
    assert reply.status == 422, reply.body
    item = reply.json()["errors"][0]
    assert (item["path"], item["code"]) == (path, code)


async def test_a_file_that_is_none_keeps_nothing(one_engine: Office) -> None:
    for body in (
        {},
        {"file_upload": {"name": "a.pdf", "base64": "%"}},
        {"file_upload": {"name": "a.pdf", "base64": ""}},
        {"file_upload": {"name": "a\nb", "base64": ""}},
        {"file_upload": "a.pdf"},
        _upload(b"hello"),
    ):
        assert (await one_engine.ask("POST", "/v1/agreements", body)).status == 422, body

    assert (await one_engine.get("/v1/agreements"))["count"] == 0
