"""Bodies of many megabytes: large by their texts, never by many small values."""

from __future__ import annotations

import cbor2
import msgspec
import pytest

from harbor.kernel.errors import Invalid, TooLarge
from harbor.products.harper_tables import bodies, large_bodies

LIMIT = 64


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large in these tests."""
    monkeypatch.setattr(large_bodies, "LARGE_BYTES", LIMIT)


FORMS = [
    ("application/json", msgspec.json.encode),
    ("application/x-msgpack", msgspec.msgpack.encode),
    ("application/cbor", cbor2.dumps),
]


@pytest.mark.parametrize(("media_type", "encode"), FORMS)
def test_a_body_may_be_large_by_its_texts(media_type: str, encode: object) -> None:
    assert callable(encode)
    body = {"operation": "csv_data_load", "restart": True, "n": 70_000, "data": "a,b\n" * LIMIT, "records": [{"id": 1}]}

    assert bodies.read(encode(body), media_type, None) == body


@pytest.mark.parametrize(("media_type", "encode"), FORMS)
@pytest.mark.parametrize("many", [{"records": [{}] * LIMIT}, {"data": "x", "a": [1] * 40, "b": [1] * 40}])
def test_a_body_is_not_large_by_many_small_values(media_type: str, encode: object, many: dict[str, object]) -> None:
    assert callable(encode)

    with pytest.raises(TooLarge, match="csv_data_load"):
        bodies.read(encode(many), media_type, None)


def test_bytes_of_a_deployment_are_long_too() -> None:
    body = {"operation": "deploy_component", "payload": b"\x1f" * (2 * LIMIT), "project": "shelf"}

    assert bodies.read(cbor2.dumps(body), "application/cbor", None) == body


@pytest.mark.parametrize(
    ("media_type", "raw"),
    [
        ("application/json", b"[" * 100),
        ("application/json", b'"' + b"x" * 100),
        ("application/json", b'{"a": ' + b"1" * 100),
        ("application/cbor", b"\xbf" + b"\x61a" * 100),
        ("application/cbor", b"\xa1\x7b" + b"\xff" * 100),
        ("application/cbor", b"\x82" + b"\x01" * 100),
        ("application/x-msgpack", b"\xdd" + b"\xff" * 100),
        ("application/x-msgpack", b"\x81\xa1a\xdf" + b"\xff" * 100),
    ],
)
def test_a_large_body_that_is_none_is_refused(media_type: str, raw: bytes) -> None:
    with pytest.raises(Invalid, match=r"Invalid JSON\."):
        bodies.read(raw, media_type, None)


def test_objects_and_arrays_are_counted_in_bodies_that_are_not_so_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_bodies, "LARGE_BYTES", 10_000)
    monkeypatch.setattr(large_bodies, "COUNTED_BYTES", 100)
    monkeypatch.setattr(large_bodies, "CONTAINERS_MAX", 50)
    text = {"operation": "csv_data_load", "data": "{" * 100}
    few = {"operation": "insert", "records": [{"id": number} for number in range(49)]}
    many = {"operation": "insert", "records": [{"id": number} for number in range(50)]}
    half = b'{"operation": "insert", "records": [{"id": "\\ud800", "x": "' + b"y" * 100 + b'"}]}'

    assert bodies.read(msgspec.json.encode(text), None, None) == text
    assert bodies.read(msgspec.json.encode(few), None, None) == few
    with pytest.raises(TooLarge, match="50 objects and arrays"):
        bodies.read(msgspec.json.encode(many), None, None)
    with pytest.raises(Invalid, match="half of a surrogate pair"):
        bodies.read(half, None, None)
