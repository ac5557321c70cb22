"""What holds for every resource of an application: codes, addresses, twice the same, other people's ids."""

from __future__ import annotations

from typing import Any

import pytest
from tests.products.appharbor_apps.conftest import BASE, Harbor

Made = dict[str, Any]
# name in the path, what makes one, what is shown of it, and what changes it
CASES: dict[str, tuple[Made, Made, Made | None]] = {
    "collaborators": (
        {"collaboratorEmail": "grace@example.test", "role": "Collaborator"},
        {"role": "collaborator"},
        {"role": "administrator"},
    ),
    "configurationvariables": (
        {"key": "TZ", "value": "UTC"},
        {"key": "TZ", "value": "UTC"},
        {"key": "ZONE", "value": ""},
    ),
    "hostnames": (
        {"value": "Tides.Example.test."},
        {"value": "tides.example.test", "canonical": False},
        {"canonical": "True"},
    ),
    "servicehooks": ({"url": "http://127.0.0.1:9/hook"}, {"value": "http://127.0.0.1:9/hook"}, None),
    "drains": ({"url": "syslog://logs.example.test:514"}, {"value": "syslog://logs.example.test:514"}, None),
}
every = pytest.mark.parametrize("name", CASES)


@every
async def test_it_is_made_found_listed_and_removed(harbor: Harbor, name: str) -> None:
    slug = await harbor.application()
    made, shown, _ = CASES[name]
    target = f"/applications/{slug}/{name}"

    reply = await harbor.ada.ask("POST", target, made)
    assert (reply.status, reply.body) == (201, b"")
    location = reply.headers["location"]
    assert location.startswith(f"{BASE}{target}/")
    assert location.rpartition("/")[2].isdigit()
    detail = await harbor.ada.get(location.removeprefix(BASE))
    assert shown.items() <= detail.items()
    assert "url" not in detail
    assert await harbor.ada.get(target) == [{**detail, "url": location}]
    removed = await harbor.ada.ask("DELETE", location.removeprefix(BASE))
    assert (removed.status, removed.body) == (204, b"")
    assert (await harbor.ada.ask("DELETE", location.removeprefix(BASE))).status == 404
    assert (await harbor.ada.ask("GET", location.removeprefix(BASE))).status == 404
    assert await harbor.ada.get(target) == []


@every
async def test_a_second_one_of_the_same_is_a_conflict(harbor: Harbor, name: str) -> None:
    slug = await harbor.application()
    made = CASES[name][0]
    target = f"/applications/{slug}/{name}"
    await harbor.ada.create(target, made)

    again = await harbor.ada.ask("POST", target, made)

    assert (again.status, set(again.json())) == (409, {"error"})
    assert len(await harbor.ada.get(target)) == 1


@every
async def test_a_change_answers_200_without_a_body(one: Harbor, name: str) -> None:
    slug = await one.application()
    made, _, change = CASES[name]
    target = f"/applications/{slug}/{name}"
    id_ = await one.ada.create(target, made)

    reply = await one.ada.ask("PUT", f"{target}/{id_}", change or {})

    if change is None:
        assert reply.status == 405
        return
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"", "0")
    expected = {key: True if value == "True" else value for key, value in change.items()}
    assert expected.items() <= (await one.ada.get(f"{target}/{id_}")).items()


@every
async def test_an_id_of_one_application_is_none_of_another(one: Harbor, name: str) -> None:
    slug, other = await one.application(), await one.application("Ebb")
    id_ = await one.ada.create(f"/applications/{slug}/{name}", CASES[name][0])

    for method in ("GET", "DELETE"):
        assert (await one.ada.ask(method, f"/applications/{other}/{name}/{id_}")).status == 404
    assert (await one.ada.ask("GET", f"/applications/{slug}/{name}/nonsense")).status == 404
    assert (await one.ada.ask("GET", f"/applications/{slug}/{name}/{'9' * 40}")).status == 404


@every
async def test_a_stranger_does_not_learn_that_the_application_exists(one: Harbor, name: str) -> None:
    slug = await one.application()
    made = {**CASES[name][0], "collaboratorEmail": "ada@example.test"}

    known = await one.grace.ask("POST", f"/applications/{slug}/{name}", made)
    unknown = await one.grace.ask("POST", f"/applications/nowhere/{name}", made)

    assert (known.status, known.body) == (unknown.status, unknown.body)
    assert known.status == 404


@every
@pytest.mark.parametrize(("role", "status"), [("collaborator", 403), ("administrator", 201)])
async def test_a_collaborator_reads_and_an_administrator_writes(one: Harbor, name: str, role: str, status: int) -> None:
    slug = await one.application()
    await one.collaborator(slug, role)
    made = {**CASES[name][0], "collaboratorEmail": "hopper@example.test"}

    assert isinstance(await one.grace.get(f"/applications/{slug}/{name}"), list)
    reply = await one.grace.ask("POST", f"/applications/{slug}/{name}", made)

    assert reply.status == status
    if status == 403:
        assert reply.json() == {"error": {"message": "Forbidden"}}


BAD: list[tuple[str, Made]] = [
    ("collaborators", {"collaboratorEmail": "grace@example.test", "role": "owner"}),
    ("collaborators", {"collaboratorEmail": "nonsense", "role": "collaborator"}),
    ("collaborators", {"role": "collaborator"}),
    ("configurationvariables", {"key": "A=B", "value": ""}),
    ("configurationvariables", {"key": "", "value": ""}),
    ("configurationvariables", {"key": "A\nB", "value": ""}),
    ("configurationvariables", {"key": "A" * 257, "value": ""}),
    ("configurationvariables", {"key": "A", "value": "x" * 65_537}),
    ("configurationvariables", {"key": "A"}),
    ("hostnames", {"value": "127.0.0.1"}),
    ("hostnames", {"value": "[::1]"}),
    ("hostnames", {"value": "localhost"}),
    ("hostnames", {"value": "a..example.test"}),
    ("hostnames", {"value": "*.*.example.test"}),
    ("hostnames", {"value": "2130706433.1"}),
    ("hostnames", {"value": "tides.apps.localhost"}),
    ("hostnames", {"value": "a.harbor.example.test"}),
    ("hostnames", {"value": "*.example.test"}),  # it would answer for harbor.example.test
    ("hostnames", {"value": "a" * 64 + ".test"}),
    ("servicehooks", {"url": "ftp://example.test/"}),
    ("servicehooks", {"url": "http://169.254.169.254/latest"}),
    ("servicehooks", {"url": "http://10.0.0.1/"}),
    ("servicehooks", {}),
    ("drains", {"value": "ftp://example.test/"}),
    ("drains", {"value": "syslog://example.test"}),
    ("drains", {"value": "https://"}),
    ("drains", {}),
]


@pytest.mark.parametrize(("name", "body"), BAD, ids=[f"{name}-{i}" for i, (name, _) in enumerate(BAD)])
async def test_what_cannot_be_is_400(one: Harbor, name: str, body: Made) -> None:
    slug = await one.application()

    reply = await one.ada.ask("POST", f"/applications/{slug}/{name}", body)

    assert reply.status == 400, reply.body
    assert await one.ada.get(f"/applications/{slug}/{name}") == []


async def test_a_variables_key_is_one_whatever_its_case_and_its_id_stays(harbor: Harbor) -> None:
    slug = await harbor.application()
    target = f"/applications/{slug}/configurationvariables"
    id_ = await harbor.ada.create(target, {"key": "App.Mode", "value": "ü"})

    assert (await harbor.ada.ask("POST", target, {"key": "app.mode", "value": "x"})).status == 409
    assert (await harbor.ada.ask("PUT", f"{target}/{id_}", {"key": "APP.MODE", "value": "y"})).status == 200

    assert await harbor.ada.get(f"{target}/{id_}") == {"key": "APP.MODE", "value": "y"}


async def test_values_lie_sealed(harbor: Harbor) -> None:
    slug = await harbor.application()
    await harbor.ada.create(f"/applications/{slug}/configurationvariables", {"key": "KEY", "value": "hunter2"})

    rows = await harbor.house.database.read(lambda tx: tx.rows("SELECT * FROM appharbor_variables"))
    events = await harbor.house.database.read(lambda tx: tx.rows("SELECT * FROM events"))

    assert "hunter2" not in str(rows) + str(events)


async def test_an_address_in_letters_of_the_world_is_kept_in_ascii(one: Harbor) -> None:
    slug = await one.application()
    await one.ada.create(f"/applications/{slug}/hostnames", {"value": "Gezeiten.Bücher.example"})

    (found,) = await one.ada.get(f"/applications/{slug}/hostnames")

    assert found["value"] == "gezeiten.xn--bcher-kva.example"


async def test_a_name_belongs_to_one_application_of_all(harbor: Harbor) -> None:
    slug = await harbor.application()
    other = await harbor.grace.create("/applications", {"name": "Ebb"})
    await harbor.ada.create(f"/applications/{slug}/hostnames", {"value": "tides.example.test"})

    reply = await harbor.grace.ask("POST", f"/applications/{other}/hostnames", {"value": "TIDES.example.test"})

    assert reply.status == 409


async def test_one_name_at_most_is_canonical(harbor: Harbor) -> None:
    slug = await harbor.application()
    target = f"/applications/{slug}/hostnames"
    ids = [await harbor.ada.create(target, {"value": f"{letter}.example.test"}) for letter in "ab"]

    for id_ in ids:
        assert (await harbor.ada.ask("PUT", f"{target}/{id_}", {"canonical": True})).status == 200

    assert [each["canonical"] for each in await harbor.ada.get(target)] == [False, True]


async def test_an_unknown_address_is_invited_and_joins_later(harbor: Harbor) -> None:
    slug = await harbor.application()
    body = {"collaboratorEmail": "hopper@example.test", "role": "administrator"}
    await harbor.ada.create(f"/applications/{slug}/collaborators", body)

    (found,) = await harbor.ada.get(f"/applications/{slug}/collaborators")
    mails = await harbor.house.database.read(lambda tx: tx.rows("SELECT recipient FROM mails"))

    assert found["user"] == {"id": None, "name": "hopper@example.test"}
    assert [mail["recipient"] for mail in mails] == ["hopper@example.test"]


async def test_the_owner_cannot_be_added(one: Harbor) -> None:
    slug = await one.application()
    body = {"collaboratorEmail": "ada@example.test", "role": "collaborator"}

    assert (await one.ada.ask("POST", f"/applications/{slug}/collaborators", body)).status == 409


async def test_exceptions_are_reported_and_shown_with_their_causes(harbor: Harbor) -> None:
    slug = await harbor.application()
    cause = {"type": "KeyError", "message": "'ebb'", "stack_trace": "File tides.py, line 3"}
    body = {
        "message": "An unhandled exception has occurred.",
        "request_path": "/tides/today",
        "date": "2026-03-01T10:02:11",
        "exception": {**cause, "type": "LookupError", "inner_exception": cause},
    }
    id_ = await harbor.ada.create(f"/applications/{slug}/errors", body)

    found = await harbor.ada.get(f"/applications/{slug}/errors/{id_}")
    (listed,) = await harbor.ada.get(f"/applications/{slug}/errors")

    assert found == {
        "commit_id": "",
        "date": "2026-03-01T10:02:11",
        "request_path": "/tides/today",
        "message": "An unhandled exception has occurred.",
        "exception": {
            "stack_trace": "File tides.py, line 3",
            "message": "'ebb'",
            "type": "LookupError",
            "inner_exception": {**cause, "inner_exception": None},
        },
    }
    assert listed == {**found, "url": f"{BASE}/applications/{slug}/errors/{id_}"}


async def test_the_newest_exceptions_are_kept(one: Harbor, monkeypatch: pytest.MonkeyPatch) -> None:
    from harbor.products.appharbor_apps.exceptions import service

    monkeypatch.setattr(service, "KEPT_MAX", 2)
    slug = await one.application()
    ids = [
        await one.ada.create(f"/applications/{slug}/errors", {"exception": {"message": str(number)}})
        for number in range(4)
    ]

    listed = await one.ada.get(f"/applications/{slug}/errors")

    assert [each["url"].rpartition("/")[2] for each in listed] == [ids[3], ids[2]]
