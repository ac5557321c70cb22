"""Keys: where one works, for how long, and what it tells."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
from tests.end_to_end.client import caller
from tests.end_to_end.fixtures import open_shop
from tests.end_to_end.server import HOSTS, Server
from tests.end_to_end.tenant import Tenant
from tests.receiver import Receiver

SECRET = re.compile(r"hb_(test|live)_[0-9A-Za-z]{38}")


async def test_a_live_key_on_the_sandbox_host_is_401_and_a_test_key_on_the_live_host_too(sqlite_server: Server) -> None:
    keys = sqlite_server.installation.made["harbor"]
    production, sandbox = HOSTS["HARBOR_PRODUCTION_HOSTS"], HOSTS["HARBOR_SANDBOX_HOSTS"]
    async with caller(sqlite_server.url) as api:

        async def told(environment: str, host: str) -> object:
            answer = await api.having(keys[environment]["secret_key"]).get("/v1/key", headers={"Host": host})
            return answer.told if answer.status != 200 else answer.json()["environment"]

        refused = (401, "authentication_failed", "Invalid API key provided.")
        assert await told("production", sandbox) == refused
        assert await told("production", f"{sandbox}:8443") == refused
        assert await told("sandbox", production) == refused
        assert await told("production", production) == "production"
        assert await told("sandbox", sandbox.upper()) == "sandbox"
        assert await told("production", "elsewhere.test") == "production"


async def test_what_lies_in_the_other_environment_is_404(sqlite_server: Server) -> None:
    async with open_shop(sqlite_server) as sandbox, open_shop(sqlite_server, environment="production") as live:
        event = await live.event()

        found = await sandbox.api.get(f"/v1/events/{event['id']}")
        workspace = await sandbox.api.get(f"/v1/workspaces/{live.workspace_id}")

    assert found.told == (404, "resource_not_found", f"No event found with id {event['id']}.")
    assert workspace.told == (404, "resource_not_found", f"No workspace found with id {live.workspace_id}.")


async def test_what_belongs_to_another_workspace_is_404_everywhere(each_shop: Tenant, receiver: Receiver) -> None:
    async with open_shop(each_shop.server) as other:
        hook = await other.webhook(receiver.url())
        event = await other.event()
        delivery = await other.settled(event["id"])
        workspace = {"workspace_id": other.workspace_id}
        refused = {
            ("GET", f"/v1/workspaces/{other.workspace_id}"): ("workspace", other.workspace_id, None),
            ("POST", "/v1/events"): ("workspace", other.workspace_id, other.body()),
            ("POST", "/v1/events/batch"): (
                "workspace",
                other.workspace_id,
                {**workspace, "events": [{"type": "a", "payload": {}}]},
            ),
            ("GET", f"/v1/events?workspace_id={other.workspace_id}"): ("workspace", other.workspace_id, None),
            ("GET", f"/v1/events/stream?workspace_id={other.workspace_id}"): ("workspace", other.workspace_id, None),
            ("GET", f"/v1/webhooks?workspace_id={other.workspace_id}"): ("workspace", other.workspace_id, None),
            ("POST", "/v1/webhooks"): (
                "workspace",
                other.workspace_id,
                {**workspace, "url": receiver.url(), "events": ["*"]},
            ),
            ("GET", f"/v1/deliveries?workspace_id={other.workspace_id}"): ("workspace", other.workspace_id, None),
            ("POST", "/v1/deliveries/replay"): ("workspace", other.workspace_id, workspace),
            ("GET", f"/v1/event_types?workspace_id={other.workspace_id}"): ("workspace", other.workspace_id, None),
            ("PUT", "/v1/event_types/a.b"): ("workspace", other.workspace_id, workspace),
            ("GET", f"/v1/request_logs?workspace_id={other.workspace_id}"): ("workspace", other.workspace_id, None),
            ("GET", f"/v1/events/{event['id']}"): ("event", event["id"], None),
            ("GET", f"/v1/events/{event['id']}/deliveries"): ("event", event["id"], None),
            ("POST", f"/v1/events/{event['id']}/redeliver"): ("event", event["id"], {}),
            ("GET", f"/v1/webhooks/{hook['id']}"): ("webhook", hook["id"], None),
            ("PUT", f"/v1/webhooks/{hook['id']}"): ("webhook", hook["id"], {"description": "mine"}),
            ("DELETE", f"/v1/webhooks/{hook['id']}"): ("webhook", hook["id"], None),
            ("POST", f"/v1/webhooks/{hook['id']}/rotate_secret"): ("webhook", hook["id"], {}),
            ("POST", f"/v1/webhooks/{hook['id']}/test"): ("webhook", hook["id"], {}),
            ("GET", f"/v1/webhooks/{hook['id']}/stats"): ("webhook", hook["id"], None),
            ("POST", f"/v1/webhooks/{hook['id']}/recover"): ("webhook", hook["id"], {"since": event["created_at"]}),
            ("GET", f"/v1/deliveries/{delivery['id']}"): ("delivery", delivery["id"], None),
            ("GET", f"/v1/deliveries/{delivery['id']}/attempts"): ("delivery", delivery["id"], None),
            ("POST", f"/v1/deliveries/{delivery['id']}/replay"): ("delivery", delivery["id"], None),
            ("POST", f"/v1/deliveries/{delivery['id']}/cancel"): ("delivery", delivery["id"], None),
        }
        for (method, target), (noun, id_, body) in refused.items():
            answer = await (
                each_shop.api.request(method, target) if body is None else each_shop.api.request(method, target, body)
            )
            assert answer.told == (404, "resource_not_found", f"No {noun} found with id {id_}."), (method, target)


@pytest.mark.parametrize(
    "target",
    [
        "/v1/events/evt_abcdef",
        "/v1/webhooks/wh_018f3a2e4b9c",
        "/v1/deliveries/del_018f3a2e4b9c",
        "/v1/workspaces/ws_018f3a2e4b9c",
    ],
)
async def test_a_short_id_of_the_documentation_is_well_formed_and_unknown(shop: Tenant, target: str) -> None:
    answer = await shop.api.get(target)

    assert (answer.status, answer.error["code"]) == (404, "resource_not_found")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer hb_test_xxxx",
        "Basic aGJfdGVzdDo=",
        "hb_test_x",
        "Bearer hb_test_00000000000000000000000000000000000000",
        "Bearer hb_live_" + "z" * 38,
        "Bearer " + "x" * 5_000,
    ],
)
async def test_a_bad_key_is_401_in_the_documented_words(shop: Tenant, header: str) -> None:
    answer = await shop.api.having(None).get("/v1/key", headers={"Authorization": header})

    assert answer.told == (401, "authentication_failed", "Invalid API key provided.")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="harbor"'


async def test_a_missing_header_is_401_and_is_said_to_be_missing(shop: Tenant) -> None:
    nobody = shop.api.having(None)
    bare = await nobody.get("/v1/key")
    by_query = await nobody.get(f"/v1/workspaces?key={shop.api.key}")

    assert (bare.status, by_query.status) == (401, 401)
    assert "missing" in bare.error["message"]


async def test_the_word_bearer_may_have_any_case_and_blanks_are_trimmed(shop: Tenant) -> None:
    for header in (f"bearer {shop.api.key}", f"BEARER   {shop.api.key}  "):
        answer = await shop.api.having(None).get("/v1/key", headers={"Authorization": header})
        assert answer.status == 200, header


async def test_a_key_tells_what_it_is(each_shop: Tenant) -> None:
    made = await each_shop.key(name="Narrow", scopes=["events:read", "events:write"], rate_limit="120:30")
    shown = (await each_shop.api.having(made["secret"]).get("/v1/key")).expect(200)

    assert SECRET.fullmatch(made["secret"])
    assert (made["prefix"], made["last4"]) == (made["secret"][:12], made["secret"][-4:])
    assert "secret" not in shown
    assert shown["id"] == made["id"]
    assert shown["scopes"] == ["events:read", "events:write"]
    assert shown["workspace_id"] == each_shop.workspace_id
    assert (shown["environment"], shown["expires_at"], shown["rate_limit"]) == ("sandbox", None, "120:30")


async def test_a_secret_is_shown_once(shop: Tenant) -> None:
    made = await shop.key()
    one = await shop.admin.get(f"/admin/v1/api_keys/{made['id']}")
    changed = await shop.admin.put(f"/admin/v1/api_keys/{made['id']}", {"name": "Renamed"})
    all_ = await shop.admin.get(f"/admin/v1/workspaces/{shop.workspace_id}/api_keys")

    for answer in (one, changed, all_):
        assert answer.status == 200
        assert made["secret"].encode() not in answer.body
    assert changed.json()["name"] == "Renamed"


async def test_a_revoked_key_ends_at_once_and_its_successor_goes_on(each_shop: Tenant) -> None:
    old, new = await each_shop.key(scopes=["events:write"]), await each_shop.key(scopes=["events:write"])
    by_old, by_new = each_shop.api.having(old["secret"]), each_shop.api.having(new["secret"])
    both = [await api.post("/v1/events", each_shop.body()) for api in (by_old, by_new)]

    (await each_shop.admin.delete(f"/admin/v1/api_keys/{old['id']}")).expect(204)
    refused = await by_old.post("/v1/events", each_shop.body())

    assert [answer.status for answer in both] == [201, 201]
    assert refused.told == (401, "authentication_failed", "Invalid API key provided.")
    assert (await by_new.post("/v1/events", each_shop.body())).status == 201


async def test_a_narrowed_key_is_narrow_in_the_next_request(each_shop: Tenant) -> None:
    made = await each_shop.key(rate_limit="off")
    api = each_shop.api.having(made["secret"])
    (await api.post("/v1/events", each_shop.body())).expect(201)

    (await each_shop.admin.put(f"/admin/v1/api_keys/{made['id']}", {"scopes": ["events:read"]})).expect(200)
    refused = await api.post("/v1/events", each_shop.body())

    assert refused.told == (403, "permission_denied", "API key missing required scope: events:write.")


async def test_a_rolled_key_has_a_successor_like_it_and_ends_after_the_grace(slow_shop: Tenant) -> None:
    old = await slow_shop.key(scopes=["events:read"], rate_limit="off", allowed_cidrs=["127.0.0.0/8"])

    new = (await slow_shop.admin.post(f"/admin/v1/api_keys/{old['id']}/roll", {"expire_old_in_seconds": 3600})).expect(
        201
    )
    by_old, by_new = slow_shop.api.having(old["secret"]), slow_shop.api.having(new["secret"])
    target = f"/v1/events?workspace_id={slow_shop.workspace_id}"
    before = [(await by_old.get(target)).status, (await by_new.get(target)).status]
    await slow_shop.advance(3_601)
    after = [(await by_old.get(target)).status, (await by_new.get(target)).status]

    assert (new["scopes"], new["rate_limit"], new["allowed_cidrs"]) == (["events:read"], "off", ["127.0.0.0/8"])
    assert new["secret"] != old["secret"]
    assert (before, after) == ([200, 200], [401, 200])


async def test_a_key_rolled_without_grace_ends_at_once(shop: Tenant) -> None:
    old = await shop.key()

    (await shop.admin.post(f"/admin/v1/api_keys/{old['id']}/roll", {"expire_old_in_seconds": 0})).expect(201)

    assert (await shop.api.having(old["secret"]).get("/v1/key")).status == 401


@pytest.mark.parametrize("seconds", [-1, 604_801, 1.5, "3600"])
async def test_the_grace_of_a_roll_has_bounds(shop: Tenant, seconds: object) -> None:
    key = await shop.key()

    answer = await shop.admin.post(f"/admin/v1/api_keys/{key['id']}/roll", {"expire_old_in_seconds": seconds})

    assert (answer.status, answer.error["param"]) == (400, "expire_old_in_seconds")


async def test_a_key_works_until_it_expires(slow_shop: Tenant) -> None:
    until = await slow_shop.now() + timedelta(hours=1)
    key = await slow_shop.key(expires_at=until.isoformat())
    api = slow_shop.api.having(key["secret"])

    before = await api.get("/v1/key")
    await slow_shop.advance(3_600)
    after = await api.get("/v1/key")

    assert before.status == 200
    assert after.told == (401, "authentication_failed", "Invalid API key provided.")


async def test_a_key_works_from_its_networks_only(shop: Tenant) -> None:
    inside = await shop.key(allowed_cidrs=["10.0.0.0/8", "127.0.0.0/8"])
    outside = await shop.key(allowed_cidrs=["10.0.0.0/8", "2001:db8::/32"])

    assert (await shop.api.having(inside["secret"]).get("/v1/key")).status == 200
    answer = await shop.api.having(outside["secret"]).get("/v1/key")
    assert (answer.status, answer.error["code"]) == (403, "permission_denied")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("allowed_cidrs", ["10.0.0.0/33"]),
        ("allowed_cidrs", ["everywhere"]),
        ("expires_at", "tomorrow"),
        ("expires_at", "2001-01-01T00:00:00Z"),
        ("rate_limit", "many"),
        ("rate_limit", "0:0"),
        ("rate_limit", 60),
        ("name", ""),
        ("name", "x" * 10_000),
        ("scope", ["events:read"]),
    ],
)
async def test_a_bad_field_of_a_key_is_named(shop: Tenant, field: str, value: object) -> None:
    body = {"name": "Key", field: value}

    answer = await shop.admin.post(f"/admin/v1/workspaces/{shop.workspace_id}/api_keys", body)

    assert (answer.status, answer.error["code"]) == (400, "invalid_request")
    assert answer.error["param"].startswith(field)


async def test_the_admin_key_is_for_administration_only(shop: Tenant) -> None:
    answer = await shop.admin.get(f"/v1/events?workspace_id={shop.workspace_id}")

    assert (answer.status, answer.error["code"]) == (403, "permission_denied")


async def test_strangers_are_limited_by_their_address(shop: Tenant) -> None:
    stranger = shop.api.having("hb_test_" + "0" * 38)

    answers = await asyncio.gather(*(stranger.get("/v1/key") for _ in range(70)))

    by_status = {status: sum(answer.status == status for answer in answers) for status in (401, 429)}
    assert by_status == {401: 60, 429: 10}
    limited = next(answer for answer in answers if answer.status == 429)
    assert int(limited.headers["Retry-After"]) <= 60
    assert (await shop.api.get("/v1/key")).status == 200
