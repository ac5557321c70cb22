"""Forms are taken from pages of the same session of the same site, and from nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.console.doors import hashed, knock
from tests.console.session import Browser, another_session, sign_in, stranger
from tests.factories import Organization
from tests.harness import House

from harbor.console.product import console_product
from harbor.kernel.http.page import Section
from harbor.kernel.http.routes import Route
from harbor.kernel.identity import people

FIELDS = {"name": "Renamed", "email": "ada@example.com"}


@pytest.fixture
async def ada(house: House, acme: Organization) -> Browser:
    """Ada, signed in."""
    return await sign_in(house, acme, email="ada@example.com", name="Ada", password_hash=hashed())


async def name_of(house: House, browser: Browser) -> str:
    """The person's name as it is stored."""
    person = browser.person
    assert person is not None
    found = await house.database.read(lambda tx: people.require(tx, person.organization_id, person.id))
    return found.name


async def test_a_form_with_its_sessions_token_is_taken(house: House, ada: Browser) -> None:
    reply = await ada.post("/account", FIELDS)

    assert reply.headers["location"] == "/console/account?done=profile_saved"
    assert await name_of(house, ada) == "Renamed"


async def test_a_form_without_the_token_or_with_another_sessions_is_refused(
    house: House, acme: Organization, ada: Browser
) -> None:
    assert ada.person is not None
    tokens = {
        "missing": "",
        "nonsense": "x" * 43,
        "umlauts": "ä" * 43,
        "of somebody else": (await sign_in(house, acme)).token,
        "of another session": (await another_session(house, ada.person)).token,
    }

    for what, token in tokens.items():
        reply = await ada.post("/account", FIELDS, token=token)
        assert (reply.status, b"form_token_wrong" in reply.body) == (403, True), what
    assert await name_of(house, ada) == "Ada"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://desk.test.evil.example"},
        {"origin": "http://desk.test:8080"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://desk.test", "sec-fetch-site": "cross-site"},
    ],
    ids=str,
)
async def test_a_form_of_another_site_is_refused_even_with_the_right_token(
    house: House, ada: Browser, headers: dict[str, str]
) -> None:
    reply = await ada.post("/account", FIELDS, headers=headers)

    assert reply.status == 403
    assert b"foreign_origin" in reply.body
    assert await name_of(house, ada) == "Ada"


async def test_another_site_signs_nobody_in(house: House, ada: Browser) -> None:
    assert ada.secret

    foreign = await knock(house, "ada@example.com", headers={"origin": "https://evil.example"})
    own = await knock(house, "ada@example.com", headers={"origin": "http://desk.test", "sec-fetch-site": "same-origin"})

    assert (foreign.status, "set-cookie" in foreign.headers) == (403, False)
    assert own.status == 303


async def test_every_changing_page_asks_for_the_token(house: House, ada: Browser) -> None:
    routes = [bound.route for bound in house.pipelines["console"].routes.values()]
    changing = [route for route in routes if route.method != "GET" and route.auth == "caller"]
    assert len(changing) > 20

    for route in changing:
        path = route.path.replace("{environment}", "sandbox")
        while "{" in path:
            before, _, after = path.partition("{")
            path = f"{before}x{after.partition('}')[2]}"
        assert (await ada.post(path, token="")).status == 403, route.name


async def test_every_page_but_the_door_leads_a_stranger_to_the_door(house: House, acme: Organization) -> None:
    assert acme.id
    visitor = stranger(house)
    routes = [bound.route for bound in house.pipelines["console"].routes.values()]
    open_to_all = {route.name.partition(".")[0] for route in routes if route.auth == "none"}

    for path in ("/", "/account", "/people", "/system", "/welcome", "/people/ppl_1", "/account/sessions"):
        reply = await visitor.get(path)
        assert reply.status == 303, path
        assert reply.headers["location"].startswith("/console/sign-in?next="), path
    assert open_to_all == {"assets", "sign_in", "second_step"}


@pytest.mark.parametrize("query", ["%ff", "a=%00", "&".join(["a=1"] * 201), "a=" + "b" * 9_000])
async def test_a_query_that_cannot_be_read_is_refused_with_a_page(house: House, ada: Browser, query: str) -> None:
    replies = {
        "sign-in": await stranger(house).get(f"/sign-in?{query}"),
        "page": await ada.get(f"/account?{query}"),
        "nothing": await ada.get(f"/nothing/here?{query}"),
    }

    assert {what: reply.status for what, reply in replies.items()} == {"sign-in": 422, "page": 422, "nothing": 404}
    assert all(b"data-error" in reply.body for reply in replies.values())


async def test_no_raw_route_takes_a_form_whose_token_nobody_would_look_at(house: House) -> None:
    async def take() -> None: ...

    route = Route("sample.take", "POST", "/sample", take, raw=True)
    section = Section(name="sample", label="", icon="", links=(), routes=(route,), templates=Path(__file__).parent)

    with pytest.raises(AssertionError, match=r"sample\.take"):
        console_product(house.database, (section,), version="0.0.0")
