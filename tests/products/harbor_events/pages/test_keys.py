"""API keys in the console: made, shown once, rolled, revoked, and for whom."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.console.session import sign_in
from tests.factories import make_key, make_workspace
from tests.harness import Reply
from tests.products.harbor_events.pages.desk import HOSTILE, Desk, harmless, open_desk, refusal_of, text_of

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.identity import store
from harbor.kernel.identity.model import Credential
from harbor.kernel.identity.people_model import Role
from harbor.kernel.identity.secrets import digest
from harbor.kernel.pages import ALWAYS, PageRequest
from harbor.kernel.storage.database import Database

FORM = {
    "name": "Fulfilment",
    "access": "chosen",
    "scopes": "events:write",
    "expires_at": "2026-06-25T12:00",
    "allowed_cidrs": "192.0.2.0/24\n2001:db8::/32",
    "rate_limit": "60:10",
}


@pytest.fixture
async def desk(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database, clock, tmp_path) as desk:
        yield desk


async def the_keys(desk: Desk) -> list[Credential]:
    def look(call: Call) -> list[Credential]:
        own = store.credentials_by_id(
            call.tx, call.account_id, PageRequest(limit=100), workspace_id=desk.workspace.id, span=ALWAYS
        )
        shared = store.organization_credentials_by_id(call.tx, [call.account_id], PageRequest(limit=100), span=ALWAYS)
        return [*own.items, *shared.items]

    return await desk.read(look)


def secret_in(page: Reply) -> str:
    found = re.search(r'class="secret-text">([^<]+)<', page.body.decode())
    assert found is not None, text_of(page)
    return html.unescape(found[1])


async def test_a_key_is_made_with_all_it_can_have_and_its_secret_is_shown_once(desk: Desk) -> None:
    page = await desk.owner.post(f"{desk.place}/settings/keys", FORM)

    assert page.status == 200, text_of(page)
    secret = secret_in(page)
    (key,) = await the_keys(desk)
    assert key.digest == digest(secret)
    assert secret.startswith("hb_test_")
    assert (key.name, key.scopes, key.rate_limit) == ("Fulfilment", frozenset({"events:write"}), "60:10")
    assert key.allowed_cidrs == ("192.0.2.0/24", "2001:db8::/32")
    assert key.expires_at is not None
    assert key.expires_at.isoformat() == "2026-06-25T12:00:00+00:00"
    for address in ("", f"/{key.id}", f"/{key.id}/edit"):
        again = await desk.owner.get(f"{desk.place}/settings/keys{address}")
        assert again.status == 200
        assert secret.encode() not in again.body
    assert f"{key.prefix}…{key.last4}" in text_of(await desk.owner.get(f"{desk.place}/settings/keys"))
    assert "harbor.api_key.created" in await desk.types()


async def test_the_key_works_on_the_api(desk: Desk) -> None:
    form = {"name": "Worker", "access": "all"}
    secret = secret_in(await desk.owner.post(f"{desk.place}/settings/keys", form))

    reply = await desk.house.client("harbor", {"authorization": f"Bearer {secret}"}).request("GET", "/v1/key")

    assert reply.status == 200
    assert reply.json()["workspace_id"] == desk.workspace.id


async def test_a_key_of_the_organization_reaches_all_workspaces(desk: Desk) -> None:
    page = await desk.owner.post(
        f"{desk.place}/settings/keys",
        [("of", "organization"), ("name", "Admin"), ("access", "chosen"), ("scopes", "keys:manage")],
    )

    assert page.status == 200, text_of(page)
    (key,) = await the_keys(desk)
    assert key.workspace_id is None
    assert key.scopes == frozenset({"keys:manage"})
    assert "No keys yet" in text_of(await desk.owner.get(f"{desk.place}/settings/keys"))
    assert "Admin" in text_of(await desk.owner.get(f"{desk.place}/settings/keys?of=organization"))


@pytest.mark.parametrize(
    ("wrong", "field", "message"),
    [
        ({"name": " "}, "name", "name must have 1 to 120 characters."),
        ({"name": "x" * 121}, "name", None),
        ({"scopes": "events:fly"}, "scopes", None),
        ({"scopes": "keys:manage"}, "scopes", "keys:manage is possible for organization keys only."),
        ({"expires_at": "2020-01-01T00:00"}, "expires_at", "expires_at must lie in the future."),
        ({"expires_at": "soon"}, "expires_at", None),
        ({"rate_limit": "fast"}, "rate_limit", None),
        ({"allowed_cidrs": "192.0.2.0/24\nhome"}, "allowed_cidrs.1", None),
        ({"of": "everybody"}, "of", None),
    ],
)
async def test_bad_input_is_refused_in_the_words_of_the_api_and_makes_nothing(
    desk: Desk, wrong: dict[str, str], field: str, message: str | None
) -> None:
    status, named, said = refusal_of(await desk.owner.post(f"{desk.place}/settings/keys", {**FORM, **wrong}))

    assert (status, named) == (422, field)
    assert message is None or said == message
    assert await the_keys(desk) == []


async def test_a_restricted_key_needs_a_scope(desk: Desk) -> None:
    told = refusal_of(await desk.owner.post(f"{desk.place}/settings/keys", {"name": "x", "access": "chosen"}))

    assert told == (422, "scopes", "Choose at least one scope, or give the key all of them.")


async def test_ticked_scopes_never_make_a_key_that_may_do_everything(desk: Desk) -> None:
    told = refusal_of(await desk.owner.post(f"{desk.place}/settings/keys", {**FORM, "access": "all"}))

    assert told[:2] == (422, "access")
    assert await the_keys(desk) == []


async def test_a_key_is_changed(desk: Desk) -> None:
    await desk.owner.post(f"{desk.place}/settings/keys", FORM)
    (key,) = await the_keys(desk)
    at = f"{desk.place}/settings/keys/{key.id}"

    page = await desk.owner.follow(await desk.owner.post(at, {"name": "Renamed", "access": "all"}))

    assert "The key is changed." in text_of(page)
    (after,) = await the_keys(desk)
    assert (after.name, after.scopes, after.rate_limit, after.allowed_cidrs) == ("Renamed", None, None, None)
    assert after.expires_at is None
    refused = refusal_of(await desk.owner.post(at, {**FORM, "name": ""}))
    assert refused[:2] == (422, "name")


async def test_an_expiry_that_was_not_touched_stays_to_the_second(desk: Desk) -> None:
    expires_at = desk.house.clock.now() + timedelta(days=1, seconds=17)
    key = await desk.write(lambda call: make_key(call, workspace=desk.workspace, expires_at=expires_at))
    at = f"{desk.place}/settings/keys/{key.credential.id}"

    await desk.owner.post(at, {"name": "Same", "access": "all", "expires_at": "2026-05-26T12:00"})

    (after,) = await the_keys(desk)
    assert (after.name, after.expires_at) == ("Same", expires_at)


async def test_a_rolled_key_ends_after_its_grace_and_its_successor_is_shown_once(desk: Desk) -> None:
    await desk.owner.post(f"{desk.place}/settings/keys", FORM)
    (old,) = await the_keys(desk)
    at = f"{desk.place}/settings/keys/{old.id}"

    page = await desk.owner.post(f"{at}/roll", {"expire_old_in_seconds": "3600"})

    new, old = await the_keys(desk)
    assert new.digest == digest(secret_in(page))
    assert (new.name, new.scopes) == (old.name, old.scopes)
    assert old.revoked_at == desk.house.clock.now() + timedelta(hours=1)
    assert "2026-05-25 13:00:00 UTC" in text_of(page)
    assert "was rolled" in text_of(await desk.owner.get(at))
    told = refusal_of(await desk.owner.post(f"{at}/roll", {"expire_old_in_seconds": "-1"}))
    assert told[:2] == (422, "expire_old_in_seconds")
    assert len(await the_keys(desk)) == 2


async def test_a_key_is_revoked_only_when_the_box_is_ticked(desk: Desk) -> None:
    key = await desk.write(lambda call: make_key(call, workspace=desk.workspace))
    at = f"{desk.place}/settings/keys/{key.credential.id}"

    assert refusal_of(await desk.owner.post(f"{at}/revoke"))[:2] == (422, "confirm")
    assert (await the_keys(desk))[0].revoked_at is None
    page = await desk.owner.follow(await desk.owner.post(f"{at}/revoke", {"confirm": "yes"}))

    assert "The key is revoked." in text_of(page)
    assert (await the_keys(desk))[0].revoked_at is not None
    call = desk.house.client("harbor", {"authorization": f"Bearer {key.secret}"})
    assert (await call.request("GET", "/v1/key")).status == 401
    assert refusal_of(await desk.owner.post(f"{at}/roll"))[0] == 409


async def test_a_member_sees_no_keys_and_makes_none(desk: Desk) -> None:
    key = await desk.write(lambda call: make_key(call, workspace=desk.workspace))
    administrator = await sign_in(desk.house, desk.organization, role=Role.ADMIN)
    at = f"{desk.place}/settings/keys"

    assert (await administrator.get(at)).status == 200
    for address in ("", "/new", f"/{key.credential.id}", f"/{key.credential.id}/edit"):
        assert (await desk.member.get(f"{at}{address}")).status == 403
    for action in ("", f"/{key.credential.id}", f"/{key.credential.id}/roll", f"/{key.credential.id}/revoke"):
        assert (await desk.member.post(f"{at}{action}", FORM)).status == 403
    assert b"/settings/keys" not in (await desk.member.get(f"{desk.place}/webhooks")).body
    assert [one.id for one in await the_keys(desk)] == [key.credential.id]


async def test_a_form_without_its_token_changes_nothing(desk: Desk) -> None:
    key = await desk.write(lambda call: make_key(call, workspace=desk.workspace))
    at = f"{desk.place}/settings/keys"

    for action in ("", f"/{key.credential.id}", f"/{key.credential.id}/roll", f"/{key.credential.id}/revoke"):
        assert (await desk.owner.post(f"{at}{action}", FORM, token="")).status == 403
    assert len(await the_keys(desk)) == 1


async def test_a_key_is_found_only_where_it_belongs(desk: Desk) -> None:
    key = (await desk.write(lambda call: make_key(call, workspace=desk.workspace))).credential
    shared = (await desk.write(make_key)).credential
    other = await desk.write(make_workspace)
    live = (await desk.house.read(desk.organization.production, lambda call: call.default_workspace())).id
    foreigner = await sign_in(desk.house, await desk.house.organization("Globex"))
    wrong = [
        (desk.owner, f"/sandbox/harbor/{other.id}", key),
        (desk.owner, f"/production/harbor/{live}", key),
        (desk.owner, f"/production/harbor/{live}", shared),
        (foreigner, desk.place, key),
        (foreigner, desk.place, shared),
    ]

    for browser, place, one in wrong:
        at = f"{place}/settings/keys/{one.id}"
        assert [(await browser.get(f"{at}{address}")).status for address in ("", "/edit")] == [404, 404]
        for action in ("", "/roll", "/revoke"):
            form = {"confirm": "yes"} if action == "/revoke" else {} if action else FORM
            assert (await browser.post(f"{at}{action}", form)).status == 404
    assert (await desk.owner.get(f"/sandbox/harbor/{other.id}/settings/keys/{shared.id}")).status == 200
    assert all(one.revoked_at is None for one in await the_keys(desk))


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_was_typed_is_shown_and_never_run(desk: Desk, text: str) -> None:
    pages = [await desk.owner.post(f"{desk.place}/settings/keys", {"name": text, "access": "all"})]
    (key,) = await the_keys(desk)
    addresses = ("", f"/{key.id}", f"/{key.id}/edit")
    pages += [await desk.owner.get(f"{desk.place}/settings/keys{address}") for address in addresses]
    pages.append(await desk.owner.post(f"{desk.place}/settings/keys/{key.id}/roll"))

    assert all(page.status == 200 for page in pages)
    assert all(harmless(page) for page in pages)
    for field in ("scopes", "rate_limit", "allowed_cidrs", "expires_at"):
        refused = await desk.owner.post(f"{desk.place}/settings/keys", {**FORM, field: text})
        assert refused.status == 422
        assert harmless(refused)
