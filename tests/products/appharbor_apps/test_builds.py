"""Builds: asked for by archives and pushes, taken in turn, finished, deployed again, told to hooks."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from tests.harness import Reply
from tests.products.appharbor_apps.conftest import BASE, Harbor
from tests.receiver import listening

from harbor.kernel.webhooks.subscriptions import keys
from harbor.kernel.webhooks.subscriptions import store as subscriptions
from harbor.products.appharbor_apps.builder.port import Refused
from harbor.products.appharbor_apps.builds import service as builds
from harbor.products.appharbor_apps.builds.model import Source, Wanted
from harbor.products.appharbor_apps.deploys.port import Deployed
from harbor.products.appharbor_apps.test_results.model import Case, Group, Status

COMMIT = "4be1c0d" + "0" * 33
BODY = {
    "branches": {
        "default": {
            "commit_id": COMMIT,
            "commit_message": "Fix the ebb",
            "download_url": "https://files.example.test/tide.tar.gz?token=abc",
        }
    }
}


async def push(harbor: Harbor, slug: str, *, branch: str = "master", commit_id: str = COMMIT) -> int:
    """The id of a build as a push makes it."""
    wanted = Wanted(branch=branch, commit_id=commit_id, commit_message="Fix the ebb", source=Source.GIT)
    build = await harbor.inside(slug, lambda call, application: builds.add(call, application, wanted, builders_max=2))
    return int(build.id)


async def deploy(harbor: Harbor, slug: str, build_id: int) -> Reply:
    return await harbor.ada.ask("POST", f"//applications/{slug}/builds/{build_id}/deploy", media_type=None)


async def test_an_archive_is_built_and_deployed(harbor: Harbor) -> None:
    slug = await harbor.application()

    reply = await harbor.ada.ask("POST", f"/applications/{slug}/builds", BODY)

    assert (reply.status, reply.json()) == (201, {})
    location = reply.headers["location"]
    build_id = location.rpartition("/")[2]
    assert location == f"{BASE}/applications/{slug}/builds/{build_id}"
    queued = await harbor.ada.get(f"/applications/{slug}/builds/{build_id}")
    assert (queued["status"], queued["deployed"], queued["log_entries"]) == ("Queued", None, [])
    await harbor.work()
    built = await harbor.ada.get(f"/applications/{slug}/builds/{build_id}")
    commit = {"id": COMMIT, "message": "Fix the ebb"}
    assert built == {
        "status": "Succeeded",
        "created": "2026-05-25T12:00:00",
        "deployed": "2026-05-25T12:00:00",
        "branch": {"name": "master", "commit": commit},
        "commit": commit,
        "download_url": f"{location}/download",
        "tests_url": f"{location}/tests",
        "log_entries": [
            {
                "created": "2026-05-25T12:00:00",
                "message": "Installing dependencies",
                "details_url": f"{location}/logs/1",
            },
            {"created": "2026-05-25T12:00:00", "message": "Done", "details_url": None},
            {"created": "2026-05-25T12:00:00", "message": "Release v1", "details_url": None},
        ],
    }
    del built["log_entries"]
    assert await harbor.ada.get(f"/applications/{slug}/builds") == [{**built, "url": location}]
    log = await harbor.ada.ask("GET", f"/applications/{slug}/builds/{build_id}/logs/1")
    assert (log.body, log.headers["content-type"]) == (b"a long text", "text/plain; charset=utf-8")
    assert (await harbor.ada.ask("GET", f"/applications/{slug}/builds/{build_id}/logs/2")).status == 404


async def test_the_artefact_is_downloaded_once_it_is_there(harbor: Harbor) -> None:
    slug = await harbor.application()
    build_id = await push(harbor, slug)
    target = f"/applications/{slug}/builds/{build_id}/download"

    assert (await harbor.ada.ask("GET", target)).status == 404
    await harbor.work()
    reply = await harbor.ada.ask("GET", target)

    assert reply.headers["content-disposition"] == f'attachment; filename="{slug}-{build_id}.tar.gz"'
    assert reply.body == b"artefact of " + COMMIT.encode()
    assert (await harbor.grace.ask("GET", target)).status == 404


@pytest.mark.parametrize("path", ["/applications/{slug}/builds", "/application/{slug}/build"])
async def test_the_build_address_needs_its_own_token_alone(one: Harbor, path: str) -> None:
    slug, other = await one.application(), await one.application("Ebb")
    token = (await one.ada.get(f"/applications/{slug}/buildtoken"))["token"]
    quoted = token.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    path = path.format(slug=slug)

    async def ask(query: str, at: str = path) -> Reply:
        return await one.client().request("POST", at + query, BODY)

    assert (await ask(f"?authorization={quoted}")).status == 201
    assert (await ask(f"?access_token={one.ada.token}")).status == 201
    assert (await ask("?authorization=nonsense")).status == 404
    assert (await ask(f"?authorization={quoted}", path.replace(slug, other))).status == 404
    assert (await ask("")).status == 401
    assert (await ask(f"?access_token={one.grace.token}")).status == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"branches": {}},
        {"branches": []},
        {"branches": {"default": {"commit_id": "x"}}},
        {"branches": {"default": {"download_url": "file:///etc/passwd"}}},
        {"branches": {"default": {"download_url": "http://169.254.169.254/x.tar.gz"}}},
        {"branches": {str(n): {"download_url": "https://a.test/x"} for n in range(21)}},
    ],
)
async def test_a_body_that_names_no_archive_is_400(one: Harbor, body: dict[str, Any]) -> None:
    slug = await one.application()

    assert (await one.ada.ask("POST", f"/applications/{slug}/builds", body)).status == 400
    assert await one.ada.get(f"/applications/{slug}/builds") == []


async def test_the_address_of_an_archive_lies_sealed_and_goes_after_the_build(harbor: Harbor) -> None:
    slug = await harbor.application()
    await harbor.ada.ask("POST", f"/applications/{slug}/builds", BODY)

    rows = await harbor.house.database.read(lambda tx: tx.rows("SELECT * FROM appharbor_builds"))
    assert "token=abc" not in str(rows)
    await harbor.work()
    (row,) = await harbor.house.database.read(lambda tx: tx.rows("SELECT source_url FROM appharbor_builds"))
    assert row["source_url"] is None
    assert harbor.builder.tasks[0].source.url.endswith("token=abc")  # type: ignore[union-attr]


async def test_the_body_of_an_upload_is_built(one: Harbor) -> None:
    slug = await one.application()

    reply = await one.ada.ask(
        "PUT", f"/applications/{slug}/builds/upload?message=By%20hand", body=b"tar", media_type="application/gzip"
    )
    await one.work()

    build = await one.ada.get(reply.headers["location"].removeprefix(BASE))
    assert (reply.status, build["commit"]["message"]) == (201, "By hand")
    assert one.blobs.read(one.ada.organization.production.id, one.builder.tasks[0].source.key) == b"tar"  # type: ignore[union-attr]


async def test_builds_come_newest_first_in_parts(one: Harbor) -> None:
    slug = await one.application()
    ids = [await push(one, slug, branch=f"b{number}") for number in range(4)]

    async def listed(query: str) -> list[int]:
        return [
            int(each["url"].rpartition("/")[2]) for each in await one.ada.get(f"/applications/{slug}/builds{query}")
        ]

    assert await listed("?count=&offset=") == ids[::-1]
    assert await listed("?count=2&offset=1") == [ids[2], ids[1]]
    assert (await one.ada.ask("GET", f"/applications/{slug}/builds?count=0")).status == 400
    assert (await one.ada.ask("GET", f"/applications/{slug}/builds?count=x")).status == 400


async def test_a_newer_push_of_the_branch_supersedes_what_waits(harbor: Harbor) -> None:
    slug = await harbor.application()
    first, other, second = (
        await push(harbor, slug),
        await push(harbor, slug, branch="feature"),
        await push(harbor, slug, commit_id="b" * 40),
    )

    await harbor.work()

    found = {each["url"].rpartition("/")[2]: each for each in await harbor.ada.get(f"/applications/{slug}/builds")}
    assert [found[str(each)]["status"] for each in (first, other, second)] == ["Failed", "Succeeded", "Succeeded"]
    assert found[str(other)]["deployed"] is None
    detail = await harbor.ada.get(f"/applications/{slug}/builds/{first}")
    assert [entry["message"] for entry in detail["log_entries"]] == ["superseded"]


async def test_one_build_of_an_application_at_a_time_and_so_many_in_all(one: Harbor) -> None:
    slugs = [await one.application(f"app{number}") for number in range(3)]
    for slug in slugs:
        await push(one, slug)
        await push(one, slug, branch="feature")

    rows = await one.house.database.read(lambda tx: tx.rows("SELECT kind FROM jobs WHERE kind = 'appharbor.build'"))
    assert len(rows) == 2
    await one.work()
    assert [task.slug for task in one.builder.tasks] != []
    assert len(one.builder.tasks) == 6


async def test_a_source_that_is_refused_fails_the_build_and_says_why(harbor: Harbor) -> None:
    slug = await harbor.application()
    harbor.builder.refusal = Refused("There is nothing to build here")
    build_id = await push(harbor, slug)

    await harbor.work()

    build = await harbor.ada.get(f"/applications/{slug}/builds/{build_id}")
    assert build["status"] == "Failed"
    assert build["log_entries"][-1]["message"] == "There is nothing to build here"
    assert harbor.deployer.orders == []


async def test_a_failing_test_keeps_the_old_release(harbor: Harbor) -> None:
    slug = await harbor.application()
    first = await push(harbor, slug)
    await harbor.work()
    harbor.builder.is_good = False
    harbor.builder.groups = [
        Group(
            name="tests.test_tides",
            items=[
                Case(name="test_high_water", status=Status.PASSED, duration_us=12_000),
                Case(name="test_ebb", status=Status.FAILED, duration_us=29_000, message="1 != 2", stack_trace="here"),
                *(Case(name=f"test_{n}", status=Status.SKIPPED) for n in range(9)),
            ],
        )
    ]
    second = await push(harbor, slug, commit_id="b" * 40)
    await harbor.work()

    assert (await harbor.ada.get(f"/applications/{slug}/builds/{second}"))["status"] == "Failed"
    assert [order.build_id for order in harbor.deployer.orders] == [first]
    target = f"/applications/{slug}/builds/{second}/tests"
    (tree,) = await harbor.ada.get(target)
    assert (tree["id"], tree["status"], tree["kind"], tree["duration"]) == ("1", "Failed", "Group", "00:00:00.0410000")
    assert tree["url"] == f"{BASE}{target}/1"
    assert [each["id"] for each in tree["tests"]] == [f"1.{n}" for n in range(1, 12)]
    failed = await harbor.ada.get(f"{target}/1.2")
    assert failed == {
        "id": "1.2",
        "name": "test_ebb",
        "status": "Failed",
        "kind": "Test",
        "duration": "00:00:00.0290000",
        "tests": [],
        "message": "1 != 2",
        "stack_trace": "here",
    }
    assert len((await harbor.ada.get(f"{target}/1"))["tests"]) == 11
    for path in ("2", "1.99", "x", "1.", "1..2"):
        assert (await harbor.ada.ask("GET", f"{target}/{path}")).status == 404
    assert await harbor.ada.get(f"/applications/{slug}/builds/{first}/tests") == []


async def test_an_older_build_is_deployed_again_with_the_present_variables(harbor: Harbor) -> None:
    slug = await harbor.application()
    first = await push(harbor, slug)
    await harbor.work()
    second = await push(harbor, slug, commit_id="b" * 40)
    await harbor.work()
    await harbor.ada.create(f"/applications/{slug}/configurationvariables", {"key": "TZ", "value": "UTC"})

    reply = await deploy(harbor, slug, first)
    assert (reply.status, reply.body) == (204, b"")
    assert (await deploy(harbor, slug, first)).status in (204, 409)
    harbor.house.clock.advance(5)
    await harbor.work()

    assert [order.build_id for order in harbor.deployer.orders][:2] == [first, second]
    last = harbor.deployer.orders[-1]
    assert (last.build_id, last.environment["TZ"], last.environment["HARBOR_COMMIT"]) == (first, "UTC", COMMIT)
    deployed = (await harbor.ada.get(f"/applications/{slug}/builds/{first}"))["deployed"]
    assert deployed == "2026-05-25T12:00:05"


async def test_what_cannot_be_deployed_is_400_and_what_is_being_deployed_409(harbor: Harbor) -> None:
    slug = await harbor.application()
    build_id = await push(harbor, slug)

    assert (await deploy(harbor, slug, build_id)).status == 400
    await harbor.work()
    assert (await deploy(harbor, slug, build_id)).status == 204
    assert (await deploy(harbor, slug, build_id)).status == 409
    assert (await deploy(harbor, slug, 4_711)).status == 404


async def test_of_several_that_are_wanted_meanwhile_the_last_counts(harbor: Harbor) -> None:
    slug = await harbor.application()
    ids = []
    for letter in "abc":
        ids.append(await push(harbor, slug, commit_id=letter * 40))
        await harbor.work()
    harbor.deployer.orders.clear()

    for build_id in (ids[0], ids[1], ids[2]):
        assert (await deploy(harbor, slug, build_id)).status == 204
    await harbor.work()

    assert [order.build_id for order in harbor.deployer.orders] == [ids[0], ids[2]]


async def test_several_changes_of_variables_share_one_restart(harbor: Harbor) -> None:
    slug = await harbor.application()
    await push(harbor, slug)
    await harbor.work()
    harbor.deployer.orders.clear()

    for number in range(3):
        body = {"key": f"K{number}", "value": "x"}
        await harbor.ada.create(f"/applications/{slug}/configurationvariables", body)
    await harbor.work()
    assert harbor.deployer.orders == []
    harbor.house.clock.advance(2)
    await harbor.work()

    (order,) = harbor.deployer.orders
    assert {"K0", "K1", "K2"} <= set(order.environment)


@pytest.mark.parametrize(
    ("is_good", "goes_live", "status"), [(True, True, "succeeded"), (True, False, "failed"), (False, True, "failed")]
)
async def test_hooks_hear_once_of_each_build(harbor: Harbor, is_good: bool, goes_live: bool, status: str) -> None:
    async with listening() as receiver:
        slug, other = await harbor.application(), await harbor.application("Ebb")
        await harbor.ada.create(f"/applications/{slug}/servicehooks", {"url": receiver.url()})
        harbor.builder.is_good = is_good
        harbor.deployer.outcome = Deployed(goes_live, "" if goes_live else "It did not answer within 60 s")
        build_id = await push(harbor, slug)
        await push(harbor, other)
        await harbor.work()
        await harbor.house.settle()

        (got,) = receiver.got
    commit = {"id": COMMIT, "message": "Fix the ebb"}
    assert got.json() == {
        "application": {"name": "Tide Tables", "slug": slug, "url": f"{BASE}/applications/{slug}"},
        "build": {
            "id": str(build_id),
            "branch": {"name": "master", "commit": commit},
            "commit": commit,
            "status": status,
            "url": f"{BASE}/applications/{slug}/builds/{build_id}",
        },
    }
    assert got.headers["x-harbor-event"] == "build"
    assert got.headers["user-agent"] == "Harbor-Hookshot/1"
    (row,) = await harbor.house.database.read(lambda tx: tx.rows("SELECT * FROM subscriptions"))
    kept = keys.open_secrets(
        harbor.house.services.faculties.vault, row["account_id"], subscriptions.subscription_of(row).sealed_secrets
    )
    signature = hmac.new(kept[0].text.encode(), got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-harbor-signature-256"] == f"sha256={signature}"


async def test_a_removed_hook_hears_nothing_more(one: Harbor) -> None:
    async with listening() as receiver:
        slug = await one.application()
        hook = await one.ada.create(f"/applications/{slug}/servicehooks", {"url": receiver.url()})
        assert (await one.ada.ask("DELETE", f"/applications/{slug}/servicehooks/{hook}")).status == 204
        await push(one, slug)
        await one.work()
        await one.house.settle()

        assert receiver.got == []


async def test_what_belonged_to_a_deleted_application_goes(harbor: Harbor) -> None:
    slug = await harbor.application()
    await harbor.ada.create(f"/applications/{slug}/hostnames", {"value": "tides.example.test"})
    await harbor.ada.create(f"/applications/{slug}/configurationvariables", {"key": "A", "value": "b"})
    harbor.builder.groups = [Group(name="g", items=[Case(name="t", status=Status.PASSED)])]
    await push(harbor, slug)
    await harbor.work()

    assert (await harbor.ada.ask("DELETE", f"/applications/{slug}")).status == 204
    await harbor.work()

    tables = ("builds", "build_logs", "tests", "releases", "hostnames", "variables", "collaborators", "drains")
    rows = await harbor.house.database.read(
        lambda tx: {name: tx.rows(f"SELECT * FROM appharbor_{name}") for name in tables}
    )
    assert rows == {name: [] for name in tables}
    assert len(harbor.deployer.removed) == 1


async def test_every_build_is_told_in_the_log_of_events(one: Harbor) -> None:
    slug = await one.application()
    await push(one, slug)
    await one.work()

    rows = await one.house.database.read(lambda tx: tx.rows("SELECT type, payload FROM events ORDER BY position"))

    assert [row["type"] for row in rows if ".build." in row["type"]] == [
        "appharbor.build.queued",
        "appharbor.build.started",
        "appharbor.build.succeeded",
        "appharbor.build.deployed",
        "appharbor.build.completed",
    ]
    assert "ebb" not in json.dumps([row["payload"] for row in rows])
