"""The pages behind `more_info`: one for each error number and each code of a validation, for people to read.

Source: docs/products/harbour.md#errors.
"""

from __future__ import annotations

from html import escape

import msgspec

from harbor.kernel.http.request import Reply
from harbor.kernel.http.routes import Route
from harbor.products.harbour_agreements.numbers import ITEM_CODES, NUMBERS
from harbor.products.harbour_agreements.refusals import not_found

_HTML = "text/html; charset=utf-8"
# Nothing on these pages runs or is loaded.
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body{{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}}
pre{{background:#f2f4f7;padding:1rem;overflow-x:auto}}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"""


async def error_page(number: str) -> Reply:
    """The page of an error number: cause, fix, example."""
    found = NUMBERS.get(int(number)) if number.isascii() and number.isdigit() and len(number) < 6 else None
    if found is None:
        raise not_found("error", number)
    example = {
        "detail": "…",
        "error": found.number,
        "message": found.message,
        "more_info": f"…/knowledge/errors/{number}",
    }
    shown = msgspec.json.format(msgspec.json.encode(example), indent=2).decode()
    content = (
        f"<p>Answered with status {found.status}.</p>\n<h2>Cause</h2>\n<p>{escape(found.cause)}</p>\n"
        f"<h2>Fix</h2>\n<p>{escape(found.fix)}</p>\n<h2>Example</h2>\n<pre>{escape(shown)}</pre>"
    )
    if found.number == 3001:
        links = "".join(f'<li><a href="validation/{code}">{code}</a></li>' for code in ITEM_CODES)
        content += f"\n<h2>Codes</h2>\n<ul>{links}</ul>"
    return _page(f"{found.number}: {found.message}", content)


async def code_page(code: str) -> Reply:
    """The page of a validation code."""
    if code not in ITEM_CODES:
        raise not_found("code", code)
    return _page(f"3001: {code}", f'<p>{escape(ITEM_CODES[code])}</p>\n<p><a href="../3001">All of error 3001</a></p>')


def _page(title: str, content: str) -> Reply:
    return Reply(200, _PAGE.format(title=escape(title), content=content).encode(), dict(_HEADERS), _HTML)


ROUTES = (
    Route(
        "knowledge.error",
        "GET",
        "/knowledge/errors/{number}",
        error_page,
        raw=True,
        auth="none",
        summary="What an error number means",
        tags=("Knowledge",),
        reply=_HTML,
    ),
    Route(
        "knowledge.code",
        "GET",
        "/knowledge/errors/validation/{code}",
        code_page,
        raw=True,
        auth="none",
        summary="What a validation code means",
        tags=("Knowledge",),
        reply=_HTML,
    ),
)
