"""Workspaces in the console: the list, a new one, and what becomes of one."""

from __future__ import annotations

from functools import partial

import pytest
from tests.factories import make_workspace
from tests.products.harbor_events.pages.people import Office
from tests.products.harbor_events.pages.reading import XSS, seen

from harbor.kernel.workspaces import store
from harbor.kernel.workspaces.model import Status, SuspensionReason, Workspace

ALL = "/sandbox/harbor/workspaces"


async def test_a_new_workspace_is_of_the_environment_that_is_shown(office: Office) -> None:
    reply = await office.owner.post("/production/harbor/workspaces", {"name": " Fulfilment "})

    page = seen(await office.owner.follow(reply))
    assert page.all("input", name="name", value="Fulfilment")
    assert "The workspace is there." in page.text
    assert "Fulfilment" in seen(await office.owner.get("/production/harbor/workspaces")).text
    assert "Fulfilment" not in seen(await office.owner.get(ALL)).text


@pytest.mark.parametrize(("name", "words"), [("  ", "name must not be blank."), ("x" * 121, "name has 121 characters")])
async def test_a_workspace_needs_a_name_that_fits(office: Office, name: str, words: str) -> None:
    made = await office.owner.post(ALL, {"name": name})
    renamed = await office.owner.post(f"{office.base}/settings", {"name": name})

    for reply in (made, renamed):
        assert words in seen(reply, 422).text


async def test_the_list_is_narrowed_by_status_and_comes_in_pages(office: Office) -> None:
    for status in (Status.ARCHIVED, Status.SUSPENDED, Status.ARCHIVED):
        await office.write(partial(make_workspace, name=f"Old {status}", status=status))

    everything = seen(await office.owner.get(ALL))
    archived = seen(await office.owner.get(f"{ALL}?status=archived"))
    first = seen(await office.owner.get(f"{ALL}?status=archived&limit=1"))
    second = seen(await office.owner.get(f"{ALL}{first.all('a', rel='next')[0]['href']}"))

    assert len(everything.rows) == 4
    assert "default" in everything.text
    assert len(archived.rows) == 2
    assert [*first.rows, *second.rows] == archived.rows


async def test_a_workspace_is_suspended_activated_archived_deleted_and_kept(office: Office) -> None:
    made = await office.write(make_workspace)
    settings = f"/sandbox/harbor/{made.id}/settings"

    suspended = seen(await office.owner.follow(await office.owner.post(f"{settings}/suspend", {"reason": "billing"})))
    assert "billing" in suspended.text
    assert (await _find(office, made)).suspension_reason is SuspensionReason.BILLING
    await office.owner.post(f"{settings}/activate")
    assert (await _find(office, made)).status is Status.ACTIVE
    refused = await office.owner.post(f"{settings}/delete")
    assert "archive it first" in seen(refused, 409).text
    await office.owner.post(f"{settings}/archive")
    assert (await _find(office, made)).status is Status.ARCHIVED
    deleted = seen(await office.owner.follow(await office.owner.post(f"{settings}/delete")))
    assert "The workspace will be deleted." in deleted.text
    assert f"/console{settings}/activate" in deleted.actions
    assert (await office.owner.get(settings)).status == 404
    kept = await office.owner.post(f"{settings}/activate")
    assert "The workspace is active." in seen(await office.owner.follow(kept)).text


async def test_every_step_that_hurts_asks_first(office: Office) -> None:
    made = await office.write(lambda call: make_workspace(call, name="Shop"))

    active = seen(await office.owner.get(f"/sandbox/harbor/{made.id}/settings"))
    await office.owner.post(f"/sandbox/harbor/{made.id}/settings/archive")
    archived = seen(await office.owner.get(f"/sandbox/harbor/{made.id}/settings"))

    asked = {
        str(form["action"]).rpartition("/")[2]: form
        for page in (active, archived)
        for form in page.all("form", method="post")
    }
    assert "data-confirm" in asked["suspend"]
    assert asked["archive"]["data-confirm-word"] == asked["delete"]["data-confirm-word"] == "Shop"


async def test_the_default_workspace_is_not_archived(office: Office) -> None:
    page = seen(await office.owner.get(f"{office.base}/settings"))

    assert not [action for action in page.actions if action.endswith(("/archive", "/delete"))]
    assert (await office.owner.post(f"{office.base}/settings/archive")).status == 409


async def test_a_reason_that_is_none_is_refused(office: Office) -> None:
    reply = await office.owner.post(f"{office.base}/settings/suspend", {"reason": "mood"})

    assert "reason must be one of billing, policy, manual." in seen(reply, 422).text


@pytest.mark.parametrize("step", ["", "/suspend", "/activate", "/archive", "/delete"])
async def test_only_administrators_change_a_workspace_and_only_their_own(office: Office, step: str) -> None:
    settings = f"{office.base}/settings{step}"
    fields = {"name": "Mine"} if not step else {}

    assert (await office.member.post(settings, fields)).status == 403
    assert (await office.stranger.post(settings, fields)).status == 404
    assert (await office.owner.post(settings, fields, token="")).status == 403
    assert (await office.owner.post(settings.replace("/sandbox/", "/production/"), fields)).status == 404
    found = await office.write(lambda call: call.default_workspace())
    assert (found.name, found.status) == ("Default", Status.ACTIVE)


async def test_a_member_sees_the_workspace_and_nothing_to_change(office: Office) -> None:
    page = seen(await office.member.get(f"{office.base}/settings"))

    assert office.workspace_id in page.text
    assert not [action for action in page.actions if "/settings" in action]
    assert f"/console{ALL}" not in page.links
    for address in (ALL, f"{ALL}/new"):
        assert "Your role does not allow this." in seen(await office.member.get(address), 403).text
    assert (await office.member.post(ALL, {"name": "Mine"})).status == 403


async def test_workspaces_of_another_organization_are_not_in_the_list(office: Office) -> None:
    theirs = await office.next_door(lambda call: make_workspace(call, name="Theirs"))
    foreign = await office.owner.get(f"{ALL}?starting_after={theirs.id}")

    assert theirs.id not in seen(await office.owner.get(ALL)).text
    assert (await office.owner.get(f"/sandbox/harbor/{theirs.id}/settings")).status == 404
    assert foreign.status == 422


@pytest.mark.parametrize("text", XSS)
async def test_names_are_text(office_on_sqlite: Office, text: str) -> None:
    office = office_on_sqlite
    made = await office.write(lambda call: make_workspace(call, name=text))

    listed = seen(await office.owner.get(f"{ALL}?status={'%22%3E%3Cb%3E'}"))
    shown = seen(await office.owner.get(f"/sandbox/harbor/{made.id}/settings"))

    assert " ".join(text.split()) in listed.text
    for page in (listed, shown):
        page.assert_harmless()


async def _find(office: Office, workspace: Workspace) -> Workspace:
    found = await office.write(lambda call: store.find(call.tx, call.account_id, workspace.id))
    assert found is not None
    return found
