"""Text of applications is compressed on its way out, where the client wants that and the application has not done it.

Source: docs/products/appharbor.md#router.
"""

from __future__ import annotations

import gzip
from typing import Final

from aiohttp import hdrs, web
from multidict import CIMultiDict

BYTES_MIN: Final = 1_024
_LEVEL: Final = 4
_TYPES: Final = ("text/", "application/json", "application/javascript", "application/xml", "image/svg+xml")


def squeezed(request: web.BaseRequest, status: int, headers: CIMultiDict[str], content: bytes) -> bytes:
    """The content as it is sent; where it is compressed, the headers say so."""
    if (
        len(content) < BYTES_MIN
        or status == 206
        or hdrs.CONTENT_ENCODING in headers
        or not headers.get(hdrs.CONTENT_TYPE, "").lower().startswith(_TYPES)
        or "no-transform" in headers.get(hdrs.CACHE_CONTROL, "")
    ):
        return content
    vary = headers.get(hdrs.VARY, "")
    if "accept-encoding" not in vary.lower() and vary != "*":
        headers[hdrs.VARY] = f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"
    if not _takes_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")):
        return content
    headers[hdrs.CONTENT_ENCODING] = "gzip"
    tag = headers.get(hdrs.ETAG)
    if tag is not None and not tag.startswith("W/"):
        headers[hdrs.ETAG] = f"W/{tag}"
    return gzip.compress(content, compresslevel=_LEVEL, mtime=0)


def _takes_gzip(accepted: str) -> bool:
    for each in accepted.lower().split(","):
        coding, _, weight = each.strip().partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
