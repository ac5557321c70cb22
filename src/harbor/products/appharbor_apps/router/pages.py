"""What the router answers itself: short pages that name no application to those who do not know it."""

from __future__ import annotations

from html import escape
from typing import Final

from aiohttp import web

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>
"""
_TEXTS: Final = {
    400: ("Bad request", "This request cannot be understood."),
    404: ("Nothing here", "There is no application at this address."),
    405: ("Method not allowed", "This method is not served here."),
    431: ("Request too large", "The headers of this request are too large."),
    501: ("Not implemented", "This request asks for something that is not served here."),
    502: ("Application error", "The application did not give a whole answer."),
    503: ("Not available", "The application is not running at the moment. Try again soon."),
    504: ("No answer in time", "The application did not answer in time."),
}


def page(status: int, *, reason: str = "", retry_after_s: int | None = None) -> web.Response:
    """A page for a status; `reason` says more to whoever sent the request."""
    title, text = _TEXTS[status]
    body = _PAGE.format(title=title, text=f"{escape(reason)}. {text}" if reason else text)
    headers = {"Cache-Control": "no-store", "Server": "Harbor"}
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    response = web.Response(status=status, text=body, content_type="text/html", headers=headers)
    if status in (400, 405, 501):
        response.force_close()  # where the next request begins is not sure either
    return response


def redirect(status: int, location: str) -> web.Response:
    """Sent on to another address."""
    return web.Response(status=status, headers={"Location": location, "Server": "Harbor"})
