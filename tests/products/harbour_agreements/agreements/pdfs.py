"""Small PDFs, good and bad, made by hand."""

from __future__ import annotations

import zlib


def pdf(*, pages: int = 1, more: bytes = b"", trailer: bytes = b"", packed: bytes | None = None) -> bytes:
    """A PDF with empty pages. `more` are further objects, `trailer` stands in the trailer, `packed` in an object stream."""
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(pages))
    parts = [
        b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n",
        b"2 0 obj\n<< /Type /Pages /Kids [%s] /Count %d >>\nendobj\n" % (kids, pages),
    ]
    one = b"%d 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>\nendobj\n"
    parts.extend(one % (number + 3) for number in range(pages))
    if packed is not None:
        data = zlib.compress(packed)
        head = b"900 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n" % len(data)
        parts.append(head + data + b"\nendstream\nendobj\n")
    parts.append(more)
    body, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for part in parts:
        places.append(len(body))
        body += part
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        + table
        + b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, trailer, len(body))
    )
