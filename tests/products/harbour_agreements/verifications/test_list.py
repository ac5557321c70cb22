"""Lists of verifications: pages, orders, the metadata filter, search. Acceptance lines 4, 5, 6."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.products.harbour_agreements.office import CRIMINAL, Office, encoded, pairs
from tests.products.harbour_agreements.things import EXAMPLE_ID, make_verification, numbered

from harbor.kernel.errors import Invalid
from harbor.products.harbour_agreements.api_keys import service as api_keys
from harbor.products.harbour_agreements.ordering import parse_order
from harbor.products.harbour_agreements.verifications.api import ORDER_FIELDS
from harbor.products.harbour_agreements.verifications.filters import parse_filter
from harbor.products.harbour_agreements.verifications.metadata import canonical
from harbor.products.harbour_agreements.verifications.search_store import GRAMS_MAX, grams

LINK = "Ce4hRho4SpV4TWqiR2pQt"


async def _six(office: Office, **changes: Any) -> list[str]:
    ids = [numbered(index) for index in range(6)]
    for id_ in ids:
        await office.write(lambda call, id_=id_: make_verification(call, id=id_, **changes))
    return ids


async def _found(office: Office, query: str) -> list[str]:
    return [item["verification_id"] for item in (await office.get(f"/verifications?{query}"))["items"]]


async def test_the_defaults_are_fifty_a_page_and_newest_first(office: Office) -> None:
    ids = await _six(office)

    body = await office.get("/verifications")

    assert [item["verification_id"] for item in body["items"]] == ids[::-1]
    assert (body["total"], body["page"], body["size"], body["pages"]) == (6, 1, 50, 1)


async def test_six_rows_by_five_are_two_pages(office: Office) -> None:
    ids = await _six(office)

    second = await office.get("/verifications?size=5&page=2&order_by=verification_id")

    assert [item["verification_id"] for item in second["items"]] == ids[5:]
    assert (second["total"], second["page"], second["size"], second["pages"]) == (6, 2, 5, 2)
    past = await office.get("/verifications?size=5&page=3")
    assert (past["items"], past["total"], past["pages"]) == ([], 6, 2)


@pytest.mark.parametrize("query", ["size=0", "size=101", "page=0", "size=-1", "size=many", "page=1.5"])
async def test_a_page_that_cannot_be_is_3001(one_engine: Office, query: str) -> None:
    reply = await one_engine.ask("GET", f"/verifications?{query}")

    assert reply.status == 422
    assert reply.json()["errors"][0]["path"] in ("size", "page")


@pytest.mark.parametrize("order", sorted(ORDER_FIELDS))
async def test_every_order_is_the_same_list_backwards_with_nulls_last(office: Office, order: str) -> None:
    await _six(office, agreement_link_id=LINK)
    await office.write(lambda call: make_verification(call, last_status_at=None))

    up, down = await _found(office, f"order_by={order}"), await _found(office, f"order_by={order}%20desc")

    nulls = [EXAMPLE_ID] if order in ("last_status_at", "agreement_link_id") else []
    assert [id_ for id_ in up if id_ not in nulls] == [id_ for id_ in down if id_ not in nulls][::-1]
    if nulls:
        assert (up[-1], down[-1]) == (EXAMPLE_ID, EXAMPLE_ID)


@pytest.mark.parametrize("text", ["created_at, id", "created_at up", "organization_id", "1", "", "created_at DESC;"])
def test_an_order_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_order(text, ORDER_FIELDS)

    assert refused.value.code == "invalid_order_by"


async def test_pairs_of_metadata_are_anded_and_compare_as_text(office: Office) -> None:
    john = {"internal_id": "123", "internal_name": "John Doe", "age": 30, "vip": True, "note": None}
    await office.write(lambda call: make_verification(call, id=numbered(1), metadata=john))
    await office.write(lambda call: make_verification(call, id=numbered(2), metadata={**john, "internal_name": "Jane"}))
    await office.write(
        lambda call: make_verification(call, id=numbered(3), metadata={"internal_id": 123, "note": "null"})
    )

    async def found(text: str) -> list[str]:
        return sorted(await _found(office, f"verification_metadata={encoded(text)}"))

    assert await found('{"internal_id":"123", "internal_name":"John Doe"}') == [numbered(1)]
    assert await found('{"internal_id":"123"}') == [numbered(1), numbered(2), numbered(3)]
    assert await found('{"internal_id":123}') == [numbered(1), numbered(2), numbered(3)]
    assert await found('{"age":30.0,"vip":"true"}') == [numbered(1), numbered(2)]
    assert await found('{"note":null}') == [numbered(1), numbered(2)]
    assert await found('{"note":"null"}') == [numbered(3)]
    assert await found('{"Internal_id":"123"}') == []
    assert await found("{}") == [numbered(1), numbered(2), numbered(3)]
    assert await found('{"internal_id":"123\' OR 1=1 --", "a%_":"%"}') == []


@pytest.mark.parametrize("text", ["{", "[]", "1", '{"a":{}}', '{"a":[1]}', '{"a":1,"a":2}', "x" * 10, '{"a":NaN}'])
def test_a_filter_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_filter(text)

    assert refused.value.code == "invalid_metadata_filter"


def test_twenty_pairs_are_the_most() -> None:
    text = "{" + ",".join(f'"k{index}":1' for index in range(21)) + "}"

    with pytest.raises(Invalid):
        parse_filter(text)


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_whole_number_is_its_digits_however_it_is_written(number: int) -> None:
    assert canonical(number) == canonical(str(number)) == canonical(float(number)) == f"={number}"


async def test_a_link_finds_its_own_rows(office: Office) -> None:
    mine = await office.start(agreement_link_id=LINK)
    await office.start(agreement_link_id="Xe4hRho4SpV4TWqiR2pQt")

    assert await _found(office, f"search={LINK}") == [mine["verification_id"]]


async def test_a_search_looks_through_ids_states_and_metadata_and_follows_changes(office: Office) -> None:
    made = await office.start(verification_metadata={"internal_name": "Zoë Straße"})
    id_ = made["verification_id"]
    for text in (
        "ZOË STRASSE",
        "straße",
        id_[-9:].upper(),
        "enhanced_identity",
        "tarted",
        made["organization_id"],
        "oë",
    ):
        assert await _found(office, f"search={encoded(text)}") == [id_], text
    assert await _found(office, "search=internal_name") == []

    await office.submit(made)
    await office.house.settle()

    assert await _found(office, "search=started") == []
    for text in ("completed", "Accepted", "verified"):
        assert await _found(office, f"search={text}") == [id_], text


async def test_search_filter_and_pages_combine(office: Office) -> None:
    for index in range(4):
        metadata = {"campaign": "spring", "n": index % 2}
        await office.write(lambda call, i=index, m=metadata: make_verification(call, id=numbered(i), metadata=m))

    query = f"search=SPRING&{pairs(campaign='spring', n=1)}&size=1&page=2"

    body = await office.get(f"/verifications?{query}&order_by=verification_id")
    assert [item["verification_id"] for item in body["items"]] == [numbered(3)]
    assert (body["total"], body["pages"]) == (2, 2)


async def test_a_criminal_check_is_listed_with_its_parts(office: Office) -> None:
    made = await office.start(CRIMINAL)

    items = (await office.get("/verifications?order_by=verification_id"))["items"]

    assert [item["verification_subtype"] for item in items] == [
        None,
        "ssn_id_document_reports",
        "single_state_county_record_check_result",
    ]
    parents = [item["verification_details"]["parent_verification_id"] for item in items]
    assert parents == [None, made["verification_id"], made["verification_id"]]


async def test_the_longest_search_is_200_characters(one_engine: Office) -> None:
    assert (await one_engine.ask("GET", f"/verifications?search={'x' * 200}")).status == 200
    assert (await one_engine.ask("GET", f"/verifications?search={'x' * 201}")).status == 422


async def test_organizations_do_not_see_each_other(office: Office) -> None:
    made = await office.start(verification_metadata={"k": "mine"})
    stranger = await office.house.organization()
    key = await office.house.write(stranger.production, lambda call: api_keys.create(call, name="S", version="2.2"))
    other = replace(office.client, headers={"x-api-key": key.secret})

    for query in ("", "?search=mine", f"?{pairs(k='mine')}"):
        assert (await other.request("GET", f"/verifications{query}")).json()["total"] == 0
    anothers = await other.request("GET", f"/verifications/{made['verification_id']}")
    assert (anothers.status, anothers.json()["error"]) == (404, 4001)


@given(st.text(min_size=3, max_size=200))
def test_a_search_uses_a_few_of_its_own_trigrams(text: str) -> None:
    wanted = {'"' + text[place : place + 3].replace('"', '""') + '"' for place in range(len(text) - 2)}

    assert grams("postgres", text) == text
    found = re.findall(r'"(?:[^"]|"")*"', grams("sqlite", text), re.DOTALL)
    assert 1 <= len(found) <= GRAMS_MAX
    assert set(found) <= wanted


def test_the_rarest_trigrams_are_taken() -> None:
    assert grams("sqlite", "0a5xyz-completed").split(" AND ")[:2] == ['"xyz"', '"5xy"']


async def test_the_count_of_all_follows_what_is_made_and_deleted(office: Office) -> None:
    made = [await office.start(CRIMINAL), await office.start()]
    assert (await office.get("/verifications?size=1"))["total"] == 4  # a criminal check has two parts
    await office.ask("DELETE", f"/verifications/{made[0]['verification_id']}")

    assert (await office.get("/verifications?size=1"))["total"] == 1
    rows = await office.write(lambda call: call.tx.rows("SELECT count(*) AS n FROM harbour_verifications"))
    assert rows[0]["n"] == 1
    await office.ask("DELETE", f"/verifications/{made[1]['verification_id']}")
    assert (await office.get("/verifications"))["total"] == 0
