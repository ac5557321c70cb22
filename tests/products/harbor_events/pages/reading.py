"""Pages as a browser reads them, and texts that must stay texts on them."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

from tests.harness import Reply

# What would run, or break out of its place, on a page that does not escape it.
XSS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</pre></title></style><b onmouseover=alert(1)>",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "javascript:alert(1)",
    "<!-- --><!--",
    "\u202e<a href=//evil.example>\u2066",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A page: its tags with their attributes, and its text."""

    tags: list[tuple[str, dict[str, str | None]]]
    text: str

    def all(self, tag: str, **attributes: str) -> list[dict[str, Any]]:
        """The attributes of all elements of a tag that have these."""
        return [have for name, have in self.tags if name == tag and attributes.items() <= have.items()]

    @property
    def links(self) -> list[str]:
        """Where its links lead."""
        return [str(have["href"]) for have in self.all("a") if "href" in have]

    @property
    def actions(self) -> list[str]:
        """Where its forms that change something go."""
        return [str(have["action"]) for have in self.all("form", method="post")]

    @property
    def rows(self) -> list[str]:
        """Where the rows of its tables lead, from top to bottom."""
        return [str(have["data-href"]) for have in self.all("tr") if "data-href" in have]

    def assert_harmless(self) -> None:
        """Nothing in it runs but the console's own scripts."""
        for tag, have in self.tags:
            assert tag != "script" or str(have.get("src", "")).startswith("/console/static/"), have
            assert not [name for name in have if name.startswith("on") or name == "style"], (tag, have)
            assert not str(have.get("href") or "").lower().startswith(("javascript:", "//")), have
            assert tag not in ("img", "b"), have


def seen(reply: Reply, status: int = 200) -> Seen:
    """The page of a reply."""
    assert reply.status == status, (reply.status, reply.body[-1500:])
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    reader = _Reader()
    reader.feed(reply.body.decode())
    return Seen(reader.tags, " ".join(" ".join(reader.texts).split()))


def quoted(text: str) -> str:
    """A text as it stands in a query or a path."""
    return quote(text, safe="")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
