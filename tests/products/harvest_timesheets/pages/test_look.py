"""The look of documents: a colour and a logo, on pages and on paper."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path

import pytest
from tests.products.harvest_timesheets.pages.studio import Studio
from tests.products.harvest_timesheets.pages.test_invoices import billing

from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.billing_settings import branding
from harbor.products.harvest_timesheets.billing_settings.branding_model import (
    LOGO_BYTES_MAX,
    check_colour,
    measured,
)

JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////////"
    "////////////////////wAALCAAEAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAI"
    "AQEAAD8AH//Z"
)


def png(width: int = 30, height: int = 12, *, body: bytes | None = None) -> bytes:
    """A picture of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + b"\xc8\x10\x10" * width for _ in range(height)) if body is None else b""
    data = zlib.compress(rows) if body is None else body
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_pictures_are_measured_by_their_heads() -> None:
    assert measured(png()) == ("image/png", 30, 12)
    assert measured(JPEG) == ("image/jpeg", 8, 4)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + b"\0" * 40,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\n",
        JPEG[:20],
        png(0, 5, body=b""),
        png(60_000, 60_000, body=b""),
        png(9_000, 1, body=b""),
        b"\xff\xd8\xff" + b"\xff" * 100_000,
        png() + b"\0" * LOGO_BYTES_MAX,
    ],
)
def test_what_is_no_small_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        measured(data)
    assert refused.value.field == "logo"


@pytest.mark.parametrize("text", ["", "red", "#fff", "#ffff00", "#0b5a6e;}", "#gggggg", "#0b5a6e00"])
def test_colours_are_read_on_white(text: str) -> None:
    assert check_colour(" #0B5A6E ") == "#0b5a6e"
    with pytest.raises(Invalid):
        check_colour(text)


async def test_a_logo_and_a_colour_are_on_pages_and_on_paper(studio: Studio, tmp_path: Path) -> None:
    client, admin = await billing(studio), studio.office.admin
    made = await admin.made("/v2/invoices", {"client_id": client["id"]})
    assert studio.ada.person is not None
    house = studio.office.house

    async def document(name: str) -> bytes:
        reply = await house.client("harvest", {}).request("GET", f"/client/{name}")
        assert reply.status == 200, reply.body
        return reply.body

    plain = await document(f"invoices/{made['client_key']}.pdf")
    assert (await studio.page("invoices/look")).value_of("colour") == "#0b5a6e"
    for data in (b"nothing", png(body=b"damaged"), JPEG[:-80] + b"\0" * 9):
        refused = await studio.post("invoices/look", {"colour": "#a8261f"}, files={"logo": ("a.png", data)}, status=422)
        assert refused.refusal[0] == "logo"
    light = await studio.post("invoices/look", {"colour": "#ffff00"}, status=422)
    assert light.refusal == ("colour", "Colour is too light to be read on white paper")
    saved = await studio.post("invoices/look", {"colour": "#A8261F"}, files={"logo": ("logo.svg", png())})
    assert "The look of documents is saved." in saved.text
    logo = await studio.ada.get("/production/harvest/invoices/look/logo")
    assert (logo.body, logo.headers["content-type"]) == (png(), "image/png")

    page = (await document(f"invoices/{made['client_key']}")).decode()
    assert "data:image/png;base64," + base64.b64encode(png()).decode() in page
    assert "#a8261f" in page
    assert len(await document(f"invoices/{made['client_key']}.pdf")) != len(plain)
    assert "data:image/png" in (await document(f"statements/{client['statement_key']}")).decode()

    account = studio.office.organization.production.id
    keys = {blob.key for blob in house.services.tools["blobs"].stored()}
    named = await house.database.read(lambda tx: branding.logos_among(tx, account, keys))
    assert len(named) == 1
    for blob in list(house.services.tools["blobs"].stored()):
        house.services.tools["blobs"].delete(blob.account_id, blob.key)
    assert b"data:image" not in await document(f"invoices/{made['client_key']}"), "a lost logo loses no document"
    gone = await studio.post("invoices/look", {"colour": "#a8261f", "removes_logo": "true"}, files={"logo": ("", b"")})
    assert "Present logo" not in gone.main
    await studio.page("invoices/look", at=studio.max_, status=403)
    await studio.post("invoices/look", {"colour": "#000000"}, at=studio.max_, status=403)
    for at in (studio.max_, studio.nobody):
        await studio.post("invoices/look", {"colour": "#000000"}, files={"logo": ("x.png", png())}, at=at, status=403)
        await studio.post("csv-imports", {}, files={"file": ("x.csv", b"a,b")}, at=at, status=403)
    assert not list(house.services.tools["blobs"].stored()), "a picture of theirs is not even unpacked"
    hidden = {"source_url": "http://127.0.0.1", "source_account_id": "7", "source_token": "x"}
    await studio.post("imports", hidden, at=studio.max_, status=403)
    denied = await studio.max_.get("/production/harvest/invoices/look/logo")
    assert denied.status == 403
