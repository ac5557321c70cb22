"""API versions: newest inside, older at the edge."""

from __future__ import annotations

from typing import Any

import pytest

from harbor.kernel.http.versions import Change, Versions, then, without


def doubled(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "size": value["size"] * 2}


def halved(value: dict[str, Any]) -> dict[str, Any]:
    return {**value, "size": value["size"] // 2}


VERSIONS = Versions(
    changes=(
        Change(version="3", summary="Things have a colour.", source="notes", down={"thing": without("colour")}),
        Change(
            version="2",
            summary="Sizes are halves.",
            source="notes",
            down={"thing": then(halved, without("weight"))},
            up={"thing": doubled},
            adds_routes=frozenset({"things.paint"}),
        ),
    ),
    oldest="1",
)


def test_versions_are_known_newest_first() -> None:
    assert VERSIONS.known == ["3", "2", "1"]


@pytest.mark.parametrize(("version", "unknown"), [("3", []), ("2", ["3"]), ("1", ["3", "2"])])
def test_a_caller_does_not_know_the_changes_after_its_version(version: str, unknown: list[str]) -> None:
    assert [change.version for change in VERSIONS.newer_than(version)] == unknown


@pytest.mark.parametrize(("version", "there"), [("3", True), ("2", True), ("1", False)])
def test_a_route_is_there_from_its_version_on(version: str, there: bool) -> None:
    assert VERSIONS.has_route(version, "things.paint") is there
    assert VERSIONS.has_route(version, "things.list")


@pytest.mark.parametrize(
    ("version", "shown"),
    [
        ("3", {"size": 8, "weight": 1, "colour": "red"}),
        ("2", {"size": 8, "weight": 1}),
        ("1", {"size": 4}),
    ],
)
def test_what_is_shown_is_walked_back_change_by_change(version: str, shown: dict[str, Any]) -> None:
    newest = {"size": 8, "weight": 1, "colour": "red"}

    assert VERSIONS.down(version, "thing", newest) == shown
    assert newest == {"size": 8, "weight": 1, "colour": "red"}


@pytest.mark.parametrize(("version", "size"), [("3", 4), ("2", 4), ("1", 8)])
def test_what_an_older_caller_sends_is_walked_forward(version: str, size: int) -> None:
    assert VERSIONS.up(version, "thing", {"size": 4}) == {"size": size}


def test_kinds_without_a_change_stay_as_they_are() -> None:
    value = {"size": 4}

    assert VERSIONS.down("1", "other", value) is value
    assert VERSIONS.up("1", "other", value) is value


def test_down_and_up_meet_again() -> None:
    shown = VERSIONS.down("1", "thing", {"size": 8})

    assert VERSIONS.up("1", "thing", shown) == {"size": 8}


def test_steps_follow_one_another() -> None:
    assert then(doubled, doubled, without("x"))({"size": 1, "x": 2}) == {"size": 4}
    assert then()({"size": 1}) == {"size": 1}
