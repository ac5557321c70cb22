"""A call: what product code may do in its transaction, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from tests.factories import make_delivery, make_event, make_webhook, make_workspace
from tests.kernel.probe import Probe

from harbor.kernel.audit import store as audit
from harbor.kernel.bounds import PRODUCT_PAYLOAD_BYTES_MAX
from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Denied
from harbor.kernel.eventlog import snapshots
from harbor.kernel.eventlog import store as events
from harbor.kernel.idempotency import store as idempotency
from harbor.kernel.identity.model import Environment, Principal
from harbor.kernel.pages import PageRequest
from harbor.kernel.webhooks.deliveries import store as deliveries
from harbor.kernel.webhooks.model import State
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.kernel.workspaces import store as workspaces
from harbor.kernel.workspaces.model import Status

ALL = PageRequest(limit=100)


def clerk(call: Call, *scopes: str) -> Call:
    """The same call by a caller with these scopes."""
    principal = Principal(
        account_id=call.account_id,
        organization_id="org_x",
        environment=Environment.SANDBOX,
        actor="key_clerk",
        scopes=frozenset(scopes),
    )
    return Call(call.tx, principal, call._faculties, request_id="req_1", base_url="https://desk.test", route="r")


async def count(probe: Probe, table: str) -> int:
    row = await probe.read(lambda call: call.tx.row(f"SELECT count(*) AS n FROM {table}"))
    assert row is not None
    return int(row["n"])


# What it may do


async def test_a_caller_needs_one_of_the_scopes(probe: Probe) -> None:
    def act(call: Call) -> None:
        clerk(call, "parcels:read").require("parcels:write", "parcels:read")
        with pytest.raises(Denied, match=r"missing required scope: parcels:write\.") as refused:
            clerk(call, "parcels:read").require("parcels:write", "hooks")
        assert refused.value.code == "permission_denied"
        call.require("anything")  # the platform itself may do everything

    await probe.write(act)


async def test_ids_ascend_and_serials_have_no_gaps(probe: Probe) -> None:
    def act(call: Call) -> tuple[list[str], list[int]]:
        return [call.new_id("x_") for _ in range(5)], [call.next_serial("things") for _ in range(3)]

    ids, serials = await probe.write(act)

    assert ids == sorted(ids)
    assert serials == [1, 2, 3]
    other = probe.organization.production
    assert await probe.house.write(other, lambda call: call.next_serial("things")) == 1
    assert await probe.write(lambda call: call.next_serial("things")) == 4


async def test_a_serial_of_an_undone_transaction_is_given_again(probe: Probe) -> None:
    def act(call: Call) -> None:
        call.next_serial("things")
        raise Denied("no")

    with pytest.raises(Denied):
        await probe.write(act)

    assert await probe.write(lambda call: call.next_serial("things")) == 1


async def test_a_call_within_another_account_keeps_its_caller(probe: Probe) -> None:
    other = probe.organization.production

    def act(call: Call) -> None:
        mine = clerk(call, "x")
        there = mine.within(other.id)
        assert (there.account_id, there.principal, there.request_id) == (other.id, mine.principal, "req_1")
        assert there.default_workspace().account_id == other.id
        assert there.base_url == "https://desk.test"

    await probe.write(act)


async def test_consequences_are_the_platforms_doing(probe: Probe) -> None:
    def act(call: Call) -> str:
        return make_event(clerk(call).as_system(), type="harbor.webhook.failing").actor

    assert await probe.write(act) == "system"


# What follows


async def test_an_event_of_a_product_comes_with_its_audit_row_and_deliveries(probe: Probe) -> None:
    webhook = await probe.webhook(events=["harvest.*"])

    def act(call: Call) -> str:
        event = clerk(call).emit(
            "harvest.client.created", subject="7", data={"id": 7}, before=None, after={"name": "Ada"}
        )
        return event.id

    event_id = await probe.write(act)

    (delivery,) = await probe.deliveries(webhook.id)
    assert (delivery.event_id, delivery.state, delivery.number) == (event_id, State.DUE, 0)
    event = await probe.read(lambda call: events.find(call.tx, call.account_id, event_id))
    assert event is not None
    assert (event.product, event.type, event.subject, event.actor) == (
        "harvest",
        "harvest.client.created",
        "7",
        "key_clerk",
    )
    assert event.payload == '{"id":7}'  # what changed is nobody's business but the auditor's
    (entry,) = (await probe.read(lambda call: audit.by_id(call.tx, [call.account_id], ALL))).items
    assert (entry.action, entry.subject, entry.actor, entry.request_id, entry.event_id) == (
        "harvest.client.created",
        "7",
        "key_clerk",
        "req_1",
        event_id,
    )
    assert (entry.before, entry.after) == (None, '{"name":"Ada"}')


async def test_an_event_from_outside_has_no_audit_row_and_its_payload_as_it_was(probe: Probe) -> None:
    payload = '{"b":1.0,"a":[1e2,"\\u00e9"]}'

    event = await probe.write(lambda call: call.emit_from_outside(call.default_workspace(), "order.paid", payload))

    kept = await probe.read(lambda call: events.find(call.tx, call.account_id, event.id))
    assert kept == event
    assert kept is not None
    assert (kept.payload, kept.product, kept.subject) == (payload, "", None)
    assert await count(probe, "audit") == 0


async def test_a_test_event_is_heard_by_nobody(probe: Probe) -> None:
    webhook = await probe.webhook(events=["*", "harbor.*"])

    await probe.write(lambda call: call.append_unheard(call.default_workspace(), "harbor.test", "harbor", "{}"))

    assert await probe.deliveries(webhook.id) == []
    assert await probe.types() == ["harbor.test"]


async def test_a_type_without_a_products_word_is_our_mistake(probe: Probe) -> None:
    with pytest.raises(AssertionError, match="does not begin with a product's word"):
        await probe.write(lambda call: call.emit("order.paid", subject="1", data={}))


async def test_a_product_event_goes_to_the_default_workspace_unless_it_names_another(probe: Probe) -> None:
    def act(call: Call) -> tuple[str, ...]:
        shop = make_workspace(call)
        there = call.emit("harvest.x.y", subject="1", data={}, workspace_id=shop.id)
        here = call.emit("harvest.x.y", subject="1", data={})
        lost = call.emit("harvest.x.y", subject="1", data={}, workspace_id="ws_of_nobody")
        return shop.id, call.default_workspace().id, there.workspace_id, here.workspace_id, lost.workspace_id

    shop, default, there, here, lost = await probe.write(act)

    assert (there, here, lost) == (shop, default, default)


async def test_a_payload_that_is_too_large_shrinks_to_its_ids(probe: Probe) -> None:
    data = {"id": 7, "state": "open", "text": "x" * 300, "many": ["y" * 100] * 1_000}
    assert len(msgspec.json.encode(data)) > PRODUCT_PAYLOAD_BYTES_MAX

    event = await probe.write(lambda call: call.emit("harvest.x.y", subject="7", data=data))

    assert event.payload == '{"id":7,"state":"open","truncated":true}'


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.ARCHIVED])
async def test_a_product_never_fails_because_of_the_workspace_and_its_news_wait(probe: Probe, status: Status) -> None:
    webhook = await probe.webhook(events=["harvest.*"])

    def act(call: Call) -> None:
        workspaces.put(call.tx, replace(call.default_workspace(), status=status))
        call.subscriptions_changed()
        call.emit("harvest.x.y", subject="1", data={})

    await probe.write(act)

    assert await probe.states(webhook.id) == ["parked"]


async def test_nothing_remains_of_an_undone_call(probe: Probe) -> None:
    webhook = await probe.webhook()

    def act(call: Call) -> None:
        make_event(call)
        call.emit("harvest.x.y", subject="1", data={})
        raise Conflict("too late")

    with pytest.raises(Conflict):
        await probe.write(act)

    assert await probe.types() == []
    assert await probe.deliveries(webhook.id) == []
    assert await count(probe, "audit") == 0


# What it knows


async def test_a_subscription_made_in_the_same_transaction_hears_at_once(probe: Probe) -> None:
    def act(call: Call) -> str:
        make_event(call)  # before: heard by nobody
        webhook = make_webhook(call)
        make_event(call)
        return webhook.id

    assert await probe.states(await probe.write(act)) == ["due"]


async def test_a_subscription_that_an_attempt_undid_hears_nothing(probe: Probe) -> None:
    def act(call: Call) -> None:
        def attempt() -> None:
            make_webhook(call)
            make_event(call)
            raise Conflict("undone")

        with pytest.raises(Conflict):
            call.tx.attempt(attempt)
        make_event(call)

    await probe.write(act)

    assert await count(probe, "deliveries") == 0
    assert await count(probe, "subscriptions") == 0
    assert await count(probe, "events") == 1


async def test_listeners_are_those_that_would_hear_now(probe: Probe) -> None:
    webhook = await probe.webhook(events=["invoice.*"])
    event = await probe.write(make_event)
    await probe.write(lambda call: subscriptions.put(call.tx, replace(webhook, deleted_at=call.tx.now)))
    kept = await probe.webhook(events=["invoice.paid"])

    listeners = await probe.read(lambda call: [one.id for one in call.listeners(event)])

    assert listeners == [kept.id]


# Erasure


async def test_erase_blanks_every_place_that_may_hold_a_persons_content(probe: Probe) -> None:
    webhook = await probe.webhook(view="keeping", events=["harvest.*"])
    slot = idempotency.Slot(account_id=probe.account.id, workspace_id="", route="r", key="k")

    def act(call: Call) -> tuple[str, str]:
        event = call.emit("harvest.client.created", subject="7", data={"id": 7}, after={"name": "Ada"})
        idempotency.remember(call.tx, slot, digest="d", status=200, reply="sealed")
        idempotency.about(call.tx, slot, "harvest", "7")
        again = make_delivery(call, event=event, webhook=webhook)
        call.tx.run("UPDATE deliveries SET body = 'Ada' WHERE account_id = :account_id", account_id=call.account_id)
        return event.id, again.id

    event_id, again_id = await probe.write(act)

    await probe.write(lambda call: call.erase("harvest", "7"))

    def look(call: Call) -> None:
        event = events.find(call.tx, call.account_id, event_id)
        assert event is not None  # it never held any
        assert snapshots.snapshot_of(call.tx, event, "keeping") is None
        assert idempotency.find(call.tx, slot) is None
        (entry,) = audit.by_id(call.tx, [call.account_id], ALL).items
        assert (entry.action, entry.before, entry.after) == ("harvest.client.created", None, None)
        again = deliveries.find(call.tx, call.account_id, again_id)
        assert again is not None
        assert deliveries.kept_body(call.tx, again) is None

    await probe.write(look)
    assert await probe.states(webhook.id) == ["canceled", "canceled"]
    assert [attempt.response_body for attempt in await probe.attempts(again_id)] == [None]


async def test_erase_touches_no_other_subject(probe: Probe) -> None:
    webhook = await probe.webhook(view="keeping", events=["harvest.*"])

    def act(call: Call) -> None:
        call.emit("harvest.client.created", subject="7", data={}, after={"name": "Ada"})
        call.emit("harvest.client.created", subject="8", data={}, after={"name": "Grace"})
        call.erase("harvest", "7")
        call.erase("harper", "8")

    await probe.write(act)

    assert await probe.states(webhook.id) == ["canceled", "due"]
    entries = (await probe.read(lambda call: audit.by_id(call.tx, [call.account_id], ALL))).items
    assert [entry.after for entry in entries] == ['{"name":"Grace"}', None]
