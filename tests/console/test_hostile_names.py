"""Names that are scripts stay names, wherever they are shown."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from tests.console.doors import hashed, knock
from tests.console.session import another_session, sign_in, stranger
from tests.factories import Organization
from tests.harness import House, Reply

from harbor.kernel.identity import people

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "${7*7}#{7*7}",
    "<!--<script>alert(1)//-->",
    "<a href='javascript:alert(1)'>x</a>",
    "\u202egnirts\u2028line\u2029",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "`onfocus=alert(1) autofocus",
    "😀 {0.__class__} %s %(x)s",
]
_ALLOWED_SCRIPTS = "/console/static/"


class _Looked(HTMLParser):
    """What a browser would run of a page."""

    def __init__(self, page: Reply) -> None:
        super().__init__()
        self.runs: list[str] = []
        self.text = ""
        self.feed(page.body.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note scripts of others, handlers, and addresses that run."""
        for name, value in attrs:
            if name.startswith("on"):
                self.runs.append(f"{tag} {name}")
            if name in ("href", "src", "action", "formaction") and (value or "").strip().lower().startswith("java"):
                self.runs.append(f"{tag} {name}={value}")
        source = dict(attrs).get("src") or ""
        if tag == "script" and not source.startswith(_ALLOWED_SCRIPTS):
            self.runs.append("script")

    def handle_data(self, data: str) -> None:
        """Gather what is read."""
        self.text += data


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_name_is_shown_as_it_is_and_never_run(house: House, acme: Organization, name: str) -> None:
    owner = await sign_in(house, acme, name=name, email="ada@example.com", password_hash=hashed())
    assert owner.person is not None
    owner_id = owner.person.id
    await another_session(house, owner.person, client=name)
    invited = await owner.post("/people/invite", {"email": "nora@example.com", "name": name, "role": "member"})
    person = await house.database.read(lambda tx: people.require(tx, acme.id, owner_id))

    pages = [
        invited,
        *[await owner.get(path) for path in ("/people", f"/people/{person.id}", "/account", "/account/sessions")],
        await owner.post("/account", {"name": name, "email": name}),
        await knock(house, name, name),
        await stranger(house).get(f"/sign-in?next={_quoted(name)}"),
        await owner.get(f"/people/{_quoted(name)}"),
        await owner.get(f"/{_quoted(name)}"),
    ]

    assert person.name == name.strip()
    for page in pages:
        assert _Looked(page).runs == [], page.body.decode()
    assert name.strip() in _Looked(pages[1]).text


def _quoted(text: str) -> str:
    return quote(text, safe="")
