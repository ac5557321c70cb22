"""Webhooks in the console: every flow through the real pipeline, and what it refuses."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.console.session import sign_in, stranger
from tests.factories import make_delivery, make_event, make_webhook, make_workspace
from tests.products.harbor_events.pages.desk import HOSTILE, Desk, harmless, open_desk, refusal_of, text_of
from tests.receiver import Answer, listening

from harbor.kernel.call import Call
from harbor.kernel.clock import ManualClock
from harbor.kernel.pages import PageRequest
from harbor.kernel.storage.database import Database
from harbor.kernel.webhooks.model import Standing, State, Subscription
from harbor.kernel.webhooks.subscriptions import keys
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.kernel.workspaces import store as workspaces
from harbor.kernel.workspaces.model import Status, SuspensionReason

FORM = {
    "url": "https://93.184.215.14/harbor",
    "events": "order.shipped",
    "more_events": "invoice.*\nrefund.made",
    "description": "Shop",
    "filter": '{"total": {"$gte": 100}}',
    "headers": "X-Team: payments\nX-Key: hush-hush",
    "metadata": "team: payments",
    "rate_limit": "5",
    "ordering": "strict",
    "signature_format": "hex",
}
GOOD_SECRET = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"


@pytest.fixture
async def desk(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database, clock, tmp_path) as desk:
        yield desk


async def the_webhooks(desk: Desk) -> list[Subscription]:
    page = await desk.read(
        lambda call: subscriptions.newest_first(
            call.tx, call.account_id, desk.workspace.id, PageRequest(limit=100), view="harbor"
        )
    )
    return list(page.items)


async def secrets_of(desk: Desk, webhook: Subscription) -> list[str]:
    def look(call: Call) -> list[str]:
        found = subscriptions.find(call.tx, call.account_id, webhook.id)
        assert found is not None
        return [one.text for one in keys.open_secrets(call.vault, call.account_id, found.sealed_secrets)]

    return await desk.read(look)


async def test_an_empty_list_says_what_a_webhook_is(desk: Desk) -> None:
    page = await desk.owner.get(f"{desk.place}/webhooks")

    assert page.status == 200
    assert "No webhooks yet" in text_of(page)


async def test_a_webhook_takes_everything_the_api_takes_and_shows_its_secret_once(desk: Desk) -> None:
    page = await desk.owner.post(f"{desk.place}/webhooks", FORM)

    assert page.status == 200, text_of(page)
    (made,) = await the_webhooks(desk)
    (secret,) = await secrets_of(desk, made)
    assert secret in text_of(page)
    assert made.entries == ("order.shipped", "invoice.*", "refund.made")
    assert (made.url, made.description, made.filter) == (FORM["url"], "Shop", '{"total":{"$gte":100}}')
    assert (made.rate_limit, made.ordering.value, made.signature_format) == (5, "strict", "hex")
    assert made.metadata == {"team": "payments"}
    own = await desk.read(lambda call: keys.open_headers(call.vault, call.account_id, made.sealed_headers))
    assert own == {"X-Team": "payments", "X-Key": "hush-hush"}
    for address in ("", f"/{made.id}", f"/{made.id}/edit", f"/{made.id}/stats", f"/{made.id}/recover"):
        again = await desk.owner.get(f"{desk.place}/webhooks{address}")
        assert again.status == 200, text_of(again)
        assert secret.encode() not in again.body
        assert b"hush-hush" not in again.body
    assert "harbor.webhook.created" in await desk.types()


async def test_a_secret_of_ones_own_is_taken(desk: Desk) -> None:
    page = await desk.owner.post(f"{desk.place}/webhooks", {**FORM, "secret": GOOD_SECRET})

    assert page.status == 200
    assert await secrets_of(desk, (await the_webhooks(desk))[0]) == [GOOD_SECRET]


@pytest.mark.parametrize(
    ("wrong", "field", "message"),
    [
        ({"url": ""}, "url", "url must have at least 1 character."),
        ({"url": "ftp://example.com/"}, "url", None),
        ({"url": "https://me:secret@93.184.215.14/"}, "url", None),
        ({"url": "https://10.0.0.1/"}, "url", None),
        ({"events": "", "more_events": ""}, "events", "events must have at least 1 item."),
        ({"more_events": "*.shipped"}, "events.1", None),
        ({"filter": "{"}, "filter", None),
        ({"filter": "[1]"}, "filter", "filter must be an object or null, not an array."),
        ({"filter": '{"a": 1, "a": 2}'}, "filter", None),
        ({"headers": "nothing"}, "headers", "headers: line 1 must be a name, a colon and a value."),
        ({"headers": "Host: x"}, "headers.Host", "headers.Host is set by Harbor and cannot be chosen."),
        ({"headers": "X-A: 1\nX-A: 2"}, "headers", "headers: line 2 names X-A a second time."),
        ({"rate_limit": "many"}, "rate_limit", "rate_limit must be an integer or null, not a string."),
        ({"rate_limit": "0"}, "rate_limit", "rate_limit must be 1 or more."),
        ({"ordering": "sometimes"}, "ordering", None),
        ({"description": "x" * 257}, "description", "description has 257 characters; at most 256 fit."),
        ({"secret": "whsec_short"}, "secret", None),
    ],
)
async def test_bad_input_is_refused_in_the_words_of_the_api_and_makes_nothing(
    desk: Desk, wrong: dict[str, str], field: str, message: str | None
) -> None:
    status, named, said = refusal_of(await desk.owner.post(f"{desk.place}/webhooks", {**FORM, **wrong}))

    assert (status, named) == (422, field)
    assert message is None or said == message
    assert said.endswith(".")
    assert await the_webhooks(desk) == []


async def test_a_change_keeps_headers_that_were_not_typed_and_removes_them_when_asked(desk: Desk) -> None:
    await desk.owner.post(f"{desk.place}/webhooks", FORM)
    (made,) = await the_webhooks(desk)
    at = f"{desk.place}/webhooks/{made.id}"

    form = await desk.owner.get(f"{at}/edit")
    changed = await desk.owner.post(at, {**FORM, "headers": "", "rate_limit": "", "description": "New name"})

    assert "invoice.*" in form.body.decode()
    assert "The webhook is changed." in text_of(await desk.owner.follow(changed))
    (after,) = await the_webhooks(desk)
    assert (after.description, after.rate_limit) == ("New name", None)
    assert after.sealed_headers == made.sealed_headers
    await desk.owner.post(at, {**FORM, "headers": "", "removes_headers": "true"})
    assert (await the_webhooks(desk))[0].sealed_headers is None


async def test_a_pause_holds_what_is_outstanding_and_enabling_wakes_it(desk: Desk) -> None:
    webhook = await desk.write(make_webhook)
    await desk.write(lambda call: make_delivery(call, event=make_event(call), webhook=webhook))
    at = f"{desk.place}/webhooks/{webhook.id}"

    paused = await desk.owner.follow(await desk.owner.post(f"{at}/pause"))
    assert "This webhook is paused." in text_of(paused)
    assert (await the_webhooks(desk))[0].status is Standing.DISABLED
    enabled = await desk.owner.follow(await desk.owner.post(f"{at}/enable"))
    assert "The webhook is active again." in text_of(enabled)
    assert (await the_webhooks(desk))[0].status is Standing.ACTIVE


async def test_a_webhook_is_deleted_only_when_the_box_is_ticked(desk: Desk) -> None:
    webhook = await desk.write(make_webhook)
    at = f"{desk.place}/webhooks/{webhook.id}"

    status, field, _ = refusal_of(await desk.owner.post(f"{at}/delete"))
    assert (status, field) == (422, "confirm")
    assert len(await the_webhooks(desk)) == 1
    gone = await desk.owner.follow(await desk.owner.post(f"{at}/delete", {"confirm": "yes"}))
    assert "The webhook is deleted." in text_of(gone)
    assert await the_webhooks(desk) == []
    assert (await desk.owner.get(at)).status == 404


async def test_a_rotation_shows_the_new_secret_once_and_says_until_when_the_old_one_is_good(desk: Desk) -> None:
    webhook = await desk.write(lambda call: make_webhook(call, secret=GOOD_SECRET))
    at = f"{desk.place}/webhooks/{webhook.id}"

    page = await desk.owner.post(f"{at}/rotate", {"grace_period_seconds": "3600"})

    new, old = await secrets_of(desk, webhook)
    assert page.status == 200
    assert new in text_of(page)
    assert old == GOOD_SECRET
    assert GOOD_SECRET.encode() not in page.body
    assert "2026-05-25 13:00:00 UTC" in text_of(page)
    assert new.encode() not in (await desk.owner.get(at)).body
    told = refusal_of(await desk.owner.post(f"{at}/rotate", {"grace_period_seconds": "604801"}))
    assert told[:2] == (422, "grace_period_seconds")
    assert await secrets_of(desk, webhook) == [new, old]


async def test_a_test_ping_shows_what_the_server_answered(desk: Desk) -> None:
    async with listening() as receiver:
        receiver.answers.append(Answer(status=418, body=b"I am <b>a teapot</b>"))
        webhook = await desk.write(lambda call: make_webhook(call, url=receiver.url()))
        at = f"{desk.place}/webhooks/{webhook.id}"

        refused = await desk.owner.post(f"{at}/test", {"event_type": "order.shipped", "payload": '{"n": 1}'})
        taken = await desk.owner.post(f"{at}/test")

    assert "did not take the test: it answered 418" in text_of(refused)
    assert "I am <b>a teapot</b>" in text_of(refused)
    assert b"<b>a teapot" not in refused.body
    assert "Your server took the test: 200" in text_of(taken)
    assert [got.json()["data"]["type"] for got in receiver.got] == ["order.shipped", "harbor.test"]
    assert receiver.got[0].json()["data"]["payload"] == {"n": 1}


@pytest.mark.parametrize(
    ("form", "field"),
    [({"payload": "[1]"}, "payload"), ({"payload": "{"}, "payload"), ({"event_type": "*"}, "event_type")],
)
async def test_a_bad_test_is_refused_and_sends_nothing(desk: Desk, form: dict[str, str], field: str) -> None:
    async with listening() as receiver:
        webhook = await desk.write(lambda call: make_webhook(call, url=receiver.url()))
        told = refusal_of(await desk.owner.post(f"{desk.place}/webhooks/{webhook.id}/test", form))

    assert told[:2] == (422, field)
    assert receiver.got == []


async def test_a_disabled_webhook_is_not_tested(desk: Desk) -> None:
    webhook = await desk.write(lambda call: make_webhook(call, status=Standing.DISABLED))

    reply = await desk.owner.post(f"{desk.place}/webhooks/{webhook.id}/test")

    assert reply.status == 409


async def test_the_list_and_the_statistics_say_how_attempts_went(desk: Desk) -> None:
    webhook = await desk.write(make_webhook)
    await desk.write(lambda call: make_delivery(call, event=make_event(call), webhook=webhook, attempts=3))

    listed = await desk.owner.get(f"{desk.place}/webhooks")
    for period in ("24h", "7d", "30d"):
        page = await desk.owner.get(f"{desk.place}/webhooks/{webhook.id}/stats?period={period}")
        assert "Success rate 0.0 % of 3 attempts" in text_of(page)
        assert "Median 12 ms" in text_of(page)

    assert "0.0 %" in text_of(listed)
    assert refusal_of(await desk.owner.get(f"{desk.place}/webhooks/{webhook.id}/stats?period=1y"))[0] == 422


async def test_busy_statistics_look_at_some_attempts_and_say_so(desk: Desk) -> None:
    webhook = await desk.write(make_webhook)
    await desk.write(lambda call: make_delivery(call, event=make_event(call), webhook=webhook, attempts=101))

    said = text_of(await desk.owner.get(f"{desk.place}/webhooks/{webhook.id}/stats"))

    assert "of 100 attempts looked at" in said
    assert "only the first 100 attempts are looked at" in said


async def test_a_recovery_sends_again_what_was_missed_and_shows_its_progress(desk: Desk) -> None:
    webhook = await desk.write(make_webhook)
    for _ in range(2):
        await desk.write(
            lambda call: make_delivery(call, event=make_event(call), webhook=webhook, state=State.EXHAUSTED)
        )
    at = f"{desk.place}/webhooks/{webhook.id}/recover"

    form = await desk.owner.get(at)
    started = await desk.owner.post(at, [("since", "2026-05-25T11:00"), ("include", "failed"), ("include", "skipped")])
    waiting = await desk.owner.follow(started)
    await desk.work()
    done = await desk.owner.get(started.headers["location"].partition("?")[0])

    assert "Since (UTC)" in text_of(form)
    assert 'data-progress="open"' in waiting.body.decode()
    assert 'data-progress="ended"' in done.body.decode()
    assert "Queued to be sent again 2 in all" in text_of(done)
    assert "harbor.webhook.recovery_started" in await desk.types()


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ([("since", ""), ("include", "failed")], "since"),
        ([("since", "yesterday"), ("include", "failed")], "since"),
        ([("since", "2026-05-25T11:00")], "include"),
        ([("since", "2026-05-25T11:00"), ("include", "delivered")], "include.0"),
        ([("since", "2026-05-25T11:00"), ("until", "2026-05-25T10:00"), ("include", "failed")], "until"),
    ],
)
async def test_a_bad_recovery_is_refused(desk: Desk, form: list[tuple[str, str]], field: str) -> None:
    webhook = await desk.write(make_webhook)

    told = refusal_of(await desk.owner.post(f"{desk.place}/webhooks/{webhook.id}/recover", form))

    assert told[:2] == (422, field)


async def test_a_members_browser_can_manage_webhooks_but_a_form_without_its_token_cannot(desk: Desk) -> None:
    assert (await desk.member.get(f"{desk.place}/webhooks")).status == 200

    refused = await desk.member.post(f"{desk.place}/webhooks", FORM, token="")

    assert refused.status == 403
    assert await the_webhooks(desk) == []


async def test_nobody_gets_in_without_signing_in(desk: Desk) -> None:
    reply = await stranger(desk.house).get(f"{desk.place}/webhooks")

    assert reply.status == 303
    assert reply.headers["location"].startswith("/console/sign-in")


async def test_a_webhook_is_found_only_in_its_own_workspace_environment_and_organization(desk: Desk) -> None:
    webhook = await desk.write(make_webhook)
    other = await desk.write(make_workspace)
    foreigner = await sign_in(desk.house, await desk.house.organization("Globex"))
    live = (await desk.house.read(desk.organization.production, lambda call: call.default_workspace())).id
    places = [
        (desk.owner, f"/sandbox/harbor/{other.id}"),
        (desk.owner, f"/production/harbor/{desk.workspace.id}"),
        (desk.owner, f"/production/harbor/{live}"),
        (foreigner, desk.place),
    ]

    for browser, place in places:
        for address in ("", "/edit", "/stats", "/recover"):
            assert (await browser.get(f"{place}/webhooks/{webhook.id}{address}")).status == 404
        for action in ("", "/pause", "/enable", "/delete", "/rotate", "/test", "/recover"):
            reply = await browser.post(
                f"{place}/webhooks/{webhook.id}{action}", {"confirm": "yes"} if action == "/delete" else {}
            )
            assert reply.status == 404, (place, action)
    assert (await the_webhooks(desk)) == [webhook]


@pytest.mark.parametrize("text", HOSTILE)
async def test_what_was_typed_is_shown_and_never_run(desk: Desk, text: str) -> None:
    typed = {**FORM, "description": text, "metadata": f"name: {text}", "headers": f"X-Odd: {text}"}
    typed["filter"] = ""

    made = await desk.owner.post(f"{desk.place}/webhooks", typed)

    (webhook,) = await the_webhooks(desk)
    addresses = ("", *(f"/{webhook.id}{part}" for part in ("", "/edit", "/stats", "/recover")))
    pages = [made, *[await desk.owner.get(f"{desk.place}/webhooks{address}") for address in addresses]]
    assert all(page.status == 200 for page in pages)
    assert all(harmless(page) for page in pages)
    refused = await desk.owner.post(f"{desk.place}/webhooks", {**FORM, "ordering": text, "events": text})
    assert refused.status == 422
    assert harmless(refused)


async def test_a_suspended_workspace_is_read_but_not_written(desk: Desk) -> None:
    webhook = await desk.write(make_webhook)
    suspended = replace(desk.workspace, status=Status.SUSPENDED, suspension_reason=SuspensionReason.BILLING)

    def suspend(call: Call) -> None:
        workspaces.put(call.tx, suspended)
        call.subscriptions_changed()

    await desk.write(suspend)

    assert (await desk.owner.get(f"{desk.place}/webhooks/{webhook.id}")).status == 200
    told = refusal_of(await desk.owner.post(f"{desk.place}/webhooks/{webhook.id}/pause"))
    assert told[0] == 403
    assert told[2] == f"Workspace {desk.workspace.id} is suspended."


async def test_the_list_is_filtered_and_paged(desk: Desk) -> None:
    def fill(call: Call) -> None:
        for number in range(51):
            status = Standing.ACTIVE if number else Standing.DISABLED
            make_webhook(call, description=f"Endpoint {number:02}", status=status)

    await desk.write(fill)

    first = await desk.owner.get(f"{desk.place}/webhooks")
    following = re.search(r'rel="next" href="([^"]+)"', first.body.decode())
    assert following is not None
    second = await desk.owner.get(following[1].replace("&amp;", "&"))
    disabled = await desk.owner.get(f"{desk.place}/webhooks?status=disabled")

    assert "Endpoint 50" in text_of(first)
    assert "Endpoint 00" not in text_of(first)
    assert "Endpoint 00" in text_of(second)
    assert text_of(disabled).count("Endpoint ") == 1 + 1  # the column's name and one row
