"""Forms with files: read as any form, within their bounds, and with the same token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.console.session import Browser, open_console, sign_in
from tests.harness import Reply

from harbor.kernel.bounds import MIB
from harbor.kernel.clock import ManualClock
from harbor.kernel.http.multipart import Fields, Upload
from harbor.kernel.http.page import Form, Section, go
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.storage.sqlite import SqliteDatabase

_PATH = "/sample"


class Sample(Form):
    """A text, several texts and a file."""

    note: str = ""
    words: list[str] = []  # noqa: RUF012 (msgspec copies it)
    picture: Upload | None = None


async def prepare(value: object) -> str:
    """What `prepare` sees of the file."""
    found = value.file("picture") if isinstance(value, Fields) else None
    return "" if found is None else found.file_name


def take(body: Sample, prepared: str) -> Answer:
    """Tell what came."""
    picture = body.picture
    told = "none" if picture is None else f"{picture.file_name}/{len(picture.data)}"
    return go(_PATH, note=body.note, words="+".join(body.words), picture=told, prepared=prepared)


SECTION = Section(
    name="sample",
    label="Sample",
    icon="mark",
    links=(),
    routes=(Route("sample.take", "POST", _PATH, take, writes=True, prepare=prepare, body_bytes_max=3 * MIB),),
    templates=Path(__file__).parent,
)


@pytest.fixture
async def ada(sqlite_database: SqliteDatabase, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Browser]:
    """Somebody before a console with the sample in it."""
    async with open_console(sqlite_database, clock, tmp_path, sections=(SECTION,)) as house:
        yield await sign_in(house, await house.organization())


def told(reply: Reply) -> str:
    """What the sample tells."""
    assert reply.status == 303, reply.body[:500]
    return reply.headers["location"].partition("?")[2]


async def test_texts_and_a_file_come_as_they_were_sent(ada: Browser) -> None:
    fields = [("note", "a\r\nb ü"), ("words", "x"), ("words", "y")]

    both = await ada.post(_PATH, fields, files={"picture": ("bön.png", b"\x89\r\n--x\r\n")})
    empty = await ada.post(_PATH, fields, files={"picture": ("", b"")})
    large = await ada.post(_PATH, files={"picture": ("big.png", bytes(2 * MIB))})

    assert told(both) == "note=a%0Ab+%C3%BC&words=x%2By&picture=b%C3%B6n.png%2F8&prepared=b%C3%B6n.png"
    assert told(empty) == "note=a%0Ab+%C3%BC&words=x%2By&picture=none&prepared="
    assert told(large) == f"note=&words=&picture=big.png%2F{2 * MIB}&prepared=big.png"


async def test_a_form_with_a_file_needs_the_token_too(ada: Browser) -> None:
    file = {"picture": ("a.png", b"x")}

    missing = await ada.post(_PATH, files=file, token="")
    wrong = await ada.post(_PATH, files=file, token="x" * 43)
    as_a_file = await ada.post(_PATH, files={**file, "_token": ("t", ada.token.encode())}, token="")
    foreign = await ada.post(_PATH, files=file, headers={"origin": "https://evil.example"})

    assert [reply.status for reply in (missing, wrong, as_a_file, foreign)] == [403] * 4
    assert b"form_token_wrong" in as_a_file.body


async def test_what_is_no_such_form_is_refused_with_its_field(ada: Browser) -> None:
    sent = {
        "another field": await ada.post(_PATH, files={"note": ("a.png", b"x")}),
        "unknown field": await ada.post(_PATH, files={"more": ("a.png", b"x")}),
        "text for a file": await ada.post(_PATH, {"picture": "x"}),
        "a zero byte": await ada.post(_PATH, {"note": "a\0b"}, files={}),
        "too large": await ada.post(_PATH, files={"picture": ("big.png", bytes(3 * MIB))}),
        "too many parts": await ada.post(_PATH, [("words", "x")] * 100, files={}),
    }

    assert {what: reply.status for what, reply in sent.items()} == {
        "another field": 422,
        "unknown field": 422,
        "text for a file": 422,
        "a zero byte": 422,
        "too large": 413,
        "too many parts": 422,
    }
    assert b"note takes no file." in sent["another field"].body
    assert b'data-field="picture"' in sent["text for a file"].body


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("multipart/form-data", b"--x--"),
        ('multipart/form-data; boundary="x"', b""),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nno name\r\n--x--"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nopen'),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\n\xff\r\n--x--'),
        ("multipart/mixed; boundary=x", b"--x--"),
    ],
    ids=range(6),
)
async def test_a_body_that_cannot_be_read_is_refused(ada: Browser, media_type: str, body: bytes) -> None:
    reply = await ada.client.request(
        "POST", _PATH, body=body, media_type=media_type, headers={"cookie": f"harbor_session={ada.secret}"}
    )

    # Without a body there is no token either.
    assert reply.status in ((403,) if not body else (415, 422)), reply.body[:300]
