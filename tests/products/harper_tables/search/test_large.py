"""Answers that are large: the same bytes as others, made part by part, and few of them at once."""

from __future__ import annotations

import gc
from typing import Any

import cbor2
import msgspec
import pytest
from tests.products.harper_tables.conftest import Instance

from harbor.kernel.bounds import MIB
from harbor.kernel.errors import Invalid, Unavailable
from harbor.products.harper_tables import replies
from harbor.products.harper_tables.bodies import CBOR, MSGPACK
from harbor.products.harper_tables.search import large, service
from harbor.products.harper_tables.values import Doc, Instant

DOCS: list[Doc] = [
    {
        "id": number,
        "note": 'a,"b"\n',
        "at": Instant(number),
        "raw": b"\x00\xff",
        "far": 1 << 70,
        **({} if number % 7 else {"x": [1]}),
    }
    for number in range(1_203)
]


@pytest.mark.parametrize("form", [replies.JSON, "text/plain", "text/yaml", replies.CSV])
def test_a_list_made_of_parts_is_the_same_to_the_byte(form: str) -> None:
    found = large.answered(large.in_parts(DOCS), form)

    assert isinstance(found, large.Parts)
    assert found.encode(form) == replies.encode(DOCS, form)


def test_packed_forms_keep_dates_and_bytes() -> None:
    docs = [{name: value for name, value in doc.items() if name != "far"} for doc in DOCS]

    for form, read in ((CBOR, cbor2.loads), (MSGPACK, msgspec.msgpack.decode)):
        found = large.answered(large.in_parts(docs), form)
        assert isinstance(found, large.Parts)
        assert read(found.encode(form)) == read(replies.encode(docs, form))


def test_a_few_records_stay_a_list() -> None:
    assert large.answered(large.in_parts(DOCS[:500]), replies.JSON) == DOCS[:500]
    assert large.answered(large.in_parts([]), replies.JSON) == []


def test_what_would_be_printed_is_bounded_not_only_what_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "OUT_BYTES_MAX", 100_000)
    nulls = dict.fromkeys(f"attribute_{number}" for number in range(50))

    with pytest.raises(Invalid) as refused:
        large.answered(large.in_parts({"id": number, **nulls} for number in range(1_001)), replies.JSON, field="ids")

    assert (refused.value.code, refused.value.field) == ("answer_too_large", "ids")


def test_bytes_count_until_the_connection_has_taken_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large.ANSWERS, "bytes_max", large.ANSWERS.used + 3 * MIB)
    first, second = large.held(bytes(MIB)), large.held(bytes(2 * MIB))

    with pytest.raises(Unavailable):
        large.held(bytes(MIB))
    assert large.held(b"small") == b"small"
    assert len(first) == MIB
    del second
    gc.collect()

    assert len(large.held(bytes(MIB))) == MIB


async def test_a_large_answer_is_that_of_its_pages(instance: Instance) -> None:
    records = [{"id": number, "note": "x" * (number % 5)} for number in range(1_100)]
    await instance.table(records=records)
    asked: dict[str, Any] = {"database": "press", "table": "article", "get_attributes": ["id", "note"]}

    by_ids = await instance.do("search_by_id", **asked, ids=list(range(1_100)))
    by_value = await instance.do("search_by_value", **asked, attribute="id", value="*")

    assert by_ids == by_value == records


async def test_what_a_sort_would_hold_is_bounded(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    await instance.table(records=[{"id": number, "note": "x" * 100} for number in range(50)])
    monkeypatch.setattr(service, "OUT_BYTES_MAX", 2_000)
    asked: dict[str, Any] = {"database": "press", "table": "article", "attribute": "id", "value": "*", "limit": 5}

    status, sentence = await instance.refused("search_by_value", **asked, offset=40, sort={"attribute": "note"})

    assert status == 400
    assert sentence.startswith("To sort what is found, more than 2000 bytes of records would be held")


def test_what_several_requests_keep_is_counted_together_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large.WORK, "bytes_max", large.WORK.used + 3 * MIB)

    with large.Keeping() as one, large.Keeping() as other:
        one.add(2 * MIB)
        other.add(MIB // 2)
        with pytest.raises(Unavailable):
            other.add(MIB)
    with large.Keeping() as again:
        again.add(3 * MIB)

    assert large.WORK.used == large.WORK.bytes_max - 3 * MIB
