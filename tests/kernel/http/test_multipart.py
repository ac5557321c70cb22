"""Multipart bodies: what was sent comes out, and what is none is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid
from harbor.kernel.http.multipart import Fields, Upload, is_multipart, parts

TYPE = 'multipart/form-data; boundary="a mark"'
MARK = b"--a mark"
names = st.text("abcdefghij_[]", min_size=1, max_size=20)


def body(*pieces: bytes) -> bytes:
    """A body of these parts."""
    return b"".join(MARK + b"\r\n" + piece + b"\r\n" for piece in pieces) + MARK + b"--\r\n"


def text(name: str, value: str) -> bytes:
    """A part that is a text."""
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode()


def file(name: str, file_name: str, data: bytes) -> bytes:
    """A part that is a file."""
    head = f'content-disposition: form-data; NAME="{name}"; filename="{file_name}"\r\nContent-Type: image/png\r\n\r\n'
    return head.encode() + data


@given(
    st.lists(st.tuples(names, st.text()), max_size=5),
    names,
    st.binary().filter(lambda data: b"a mark" not in data),
)
def test_texts_and_files_come_out_as_they_were_sent(sent: list[tuple[str, str]], name: str, data: bytes) -> None:
    raw = body(*(text(*pair) for pair in sent), file(name, "ü.png", data))

    assert parts(raw, TYPE) == [*sent, (name, Upload("ü.png", "image/png", data))]


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for each in (raw, MARK + raw, body(raw)):
        with suppress(Invalid):
            parts(each, TYPE)


@pytest.mark.parametrize(
    ("raw", "media_type", "message"),
    [
        (body(), "multipart/form-data", "names no boundary"),
        (body(text("a", "b"))[:-6], TYPE, "does not end with its boundary"),
        (body(b"Content-Type: text/plain\r\n\r\nx"), TYPE, "has no name"),
        (body(b'Content-Disposition: form-data; name="a"'), TYPE, "has no name"),
        (body(text("a" * 17_000, "")), TYPE, "too many headers"),
        (body(text("a", "") + b"\xff"), TYPE, "a is not UTF-8"),
        (body(*[text("a", "b")] * 101), TYPE, "more than 100 parts"),
    ],
)
def test_what_is_none_is_refused(raw: bytes, media_type: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        parts(raw, media_type)


def test_a_body_of_as_many_parts_as_are_allowed_is_read() -> None:
    assert parts(body(*[text("a", "b")] * 100), TYPE) == [("a", "b")] * 100


def test_the_first_of_a_name_is_what_is_asked_for() -> None:
    first, second = Upload("1", "", b""), Upload("2", "", b"")
    fields = Fields((("a", "1"), ("a", "2")), (("f", first), ("f", second)))

    assert (fields.get("a"), fields.get("f"), fields.file("f"), fields.file("a")) == ("1", None, first, None)
    assert is_multipart("Multipart/Form-Data ; boundary=x")
    assert not is_multipart("multipart/mixed")
    assert not is_multipart(None)
