"""The gate for uploaded PDFs: malformed, encrypted, huge and active ones do not come in."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.products.harbour_agreements.agreements.pdfs import pdf

from harbor.kernel.errors import Invalid
from harbor.products.harbour_agreements.agreements.pdf import BYTES_MAX, PAGES_MAX, pages_of

CONTENT = b"5 0 obj\n<< /Length 30 >>\nstream\n(/JavaScript /Encrypt in a text)\nendstream\nendobj\n"


def _object_stream(about: bytes) -> bytes:
    """An object stream with something that runs, described in some way."""
    data = zlib.compress(b"7 0 << /S /Launch >>")
    return b"9 0 obj\n<< " + about + b" /Filter /FlateDecode >>\nstream\n" + data + b"\nendstream\nendobj\n"


def _torn(word: bytes) -> bytes:
    """An object stream whose packed content holds a word as it is, and after it something that runs."""
    packer = zlib.compressobj(9)
    stored = b"\x00" + len(word).to_bytes(2, "little") + (0xFFFF ^ len(word)).to_bytes(2, "little") + word
    begun = packer.compress(b"7 0 ") + packer.flush(zlib.Z_FULL_FLUSH)
    data = begun + stored + packer.compress(b"<< /S /Launch >>") + packer.flush()
    return b"9 0 obj\n<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n" + data + b"\nendstream\nendobj\n"


@pytest.mark.parametrize("pages", [1, 2, 40])
def test_a_good_one_has_its_pages(pages: int) -> None:
    assert pages_of(pdf(pages=pages), "file") == pages
    assert pages_of(b"junk before\n" + pdf(pages=pages), "file") == pages


def test_what_pages_say_is_not_what_the_file_says() -> None:
    assert pages_of(pdf(more=CONTENT), "file") == 1


def test_pages_in_an_object_stream_count() -> None:
    assert pages_of(pdf(packed=b"7 0 << /Type /Page >>"), "file") == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "at most"),
        (b"hello", "no PDF"),
        (b"MZ" + b"\0" * 2_000, "no PDF"),
        (pdf()[:-20], "cut off"),
        (pdf(more=b"5 0 obj\n<< /Length 9 >>\nstream\nabc"), "cut off"),
        (pdf(trailer=b"/Encrypt 9 0 R"), "encrypted"),
        (pdf(trailer=b"/Enc#72ypt 9 0 R"), "encrypted"),
        (pdf(more=b"5 0 obj\n<< /S /JavaScript /JS (app.alert(1)) >>\nendobj\n"), "JavaScript"),
        (pdf(more=b"5 0 obj\n<< /S /J#61vaScript >>\nendobj\n"), "JavaScript"),
        (pdf(packed=b"7 0 << /S /Launch /F (cmd.exe) >>"), "Launch"),
        (pdf(more=b"5 0 obj\n<< /Names << /EmbeddedFiles 6 0 R >> >>\nendobj\n"), "EmbeddedFiles"),
        (pdf(more=b"5 0 obj\n<< /XFA 6 0 R >>\nendobj\n"), "XFA"),
        (pdf(more=_object_stream(b"/Type /ObjStm /X (obj endobj)")), "Launch"),
        (pdf(more=_object_stream(b"/Type /Obj#53tm")), "Launch"),
        (pdf(more=_object_stream(b"/Type /ObjStm /X (%s)" % (b"x" * 70_000))), "Launch"),
        (pdf(more=b">>stream\n endstream " * 50_001), "streams"),
        (pdf(more=b"#41" * 3_000_000), "structure"),
        (pdf(pages=0), "pages"),
        (pdf(pages=PAGES_MAX + 1), "pages"),
        (pdf(more=b"9 0 obj\n<< /Type /ObjStm /Filter /LZWDecode >>\nstream\nx\nendstream\n"), "not read"),
        (pdf(more=b"9 0 obj\n<< /Type /ObjStm /Filter /FlateDecode >>\nstream\nx\nendstream\n"), "damaged"),
        (b"%PDF-1.7" + b"\0" * BYTES_MAX, "at most"),
        # Hidden from whoever reads only some of it.
        (pdf(more=b"5 0 obj\n<< /X (stream) /S /JavaScript >>\nendobj\n" + CONTENT), "JavaScript"),
        (pdf(more=b"5 0 obj\n<< /X (\\(>>\nstream\n) /JS 6 0 R >>\nendobj\n" + CONTENT), "JS"),
        (pdf(more=b"%stream\n5 0 obj\n<< /JS 6 0 R >>\nendobj\n%endstream\n"), "JS"),
        (
            pdf(more=b"8 0 obj\n<< >>\nstream\n5 0 obj << /S%\n/J#61vaScript >> endobj\nendstream\nendobj\n"),
            "JavaScript",
        ),
        (pdf(more=_object_stream(b"/Type%x\n/ObjStm")), "Launch"),
        (pdf(more=_object_stream(b"/N 1 /First 4")), "Launch"),
        (pdf(more=_object_stream(b"/Type /ObjStm /X (stream\n)")), "Launch"),
        (pdf(more=_object_stream(b"/Type /ObjStm /Filter 7 0 R")), "not read"),
        (pdf(more=_object_stream(b"/Type /ObjStm /A#201#200#20obj /Filter [/FlateDecode /AHx]")), "not read"),
        (pdf(more=_object_stream(b"/Type /ObjStm /DecodeParms << /Predictor 12 >>")), "not read"),
        (pdf(more=b"5 0 obj\n(\n" + _object_stream(b"/Type /ObjStm") + b")\nendobj\n"), "not where"),
        (pdf(more=_torn(b"endstream") + CONTENT), "not whole"),
        (pdf(more=b"(" * 1_000_000), "structure"),
        (pdf(more=b"5 0 obj\n(no end"), "no end"),
    ],
    ids=range(36),
)
def test_what_may_not_be_signed_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        pages_of(content, "file_upload.base64")

    assert refused.value.field == "file_upload.base64"


@given(st.binary(max_size=300), st.integers(0, 400))
def test_whatever_comes_is_judged_and_breaks_nothing(noise: bytes, at: int) -> None:
    good = pdf()
    for content in (noise, good[:at] + noise + good[at:], good[:at] + noise):
        assert _judged(content) in (True, False)


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(Invalid, match="far more structure"):
        pages_of(pdf(packed=b"\0" * (9 * 1024**2)), "file")


def _judged(content: bytes) -> bool:
    """Whether a file is taken; anything but a refusal is an error."""
    try:
        return pages_of(content, "file") >= 1
    except Invalid:
        return False
