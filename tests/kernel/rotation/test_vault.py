"""Processes that share a key file come to know its keys by themselves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harbor.kernel.rotation.vault import LOOK_S, FollowingVault
from harbor.kernel.vault import Unsealable, Vault


class Watch:
    """A stopwatch that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A key file."""
    path = tmp_path / "instance.key"
    Vault.create(path)
    return path


def following(path: Path, watch: Watch) -> FollowingVault:
    return FollowingVault(path, dict(Vault.from_file(path)._keys), stopwatch=watch)


def test_what_another_process_sealed_with_a_newer_key_opens_at_once(path: Path) -> None:
    mine, other = following(path, Watch()), FollowingVault.from_file(path)
    other.add_key()

    assert mine.open("acc", "test", other.seal("acc", "test", "hello")) == "hello"


def test_another_process_seals_with_the_new_key_within_a_moment(path: Path) -> None:
    watch = Watch()
    mine, other = following(path, watch), FollowingVault.from_file(path)
    old = mine.current
    new = other.add_key()

    assert mine.seal("acc", "test", "before").startswith(old)
    watch.now += LOOK_S
    assert mine.seal("acc", "test", "after").startswith(new)


def test_a_removed_key_is_forgotten_by_all(path: Path) -> None:
    watch = Watch()
    mine, other = following(path, watch), FollowingVault.from_file(path)
    old = mine.current
    sealed = mine.seal("acc", "test", "hello")
    other.add_key()
    other.remove_key(old)
    watch.now += LOOK_S
    mine.seal("acc", "test", "look")

    with pytest.raises(Unsealable):
        mine.open("acc", "test", sealed)


def test_a_key_that_another_process_added_is_not_lost_when_this_one_adds_another(path: Path) -> None:
    mine, other = following(path, Watch()), FollowingVault.from_file(path)
    first = other.add_key()
    second = mine.add_key()

    assert Vault.from_file(path).key_ids[-2:] == (first, second)


@pytest.mark.parametrize("trouble", ["missing", "damaged"])
def test_a_key_file_that_cannot_be_read_changes_nothing(path: Path, trouble: str) -> None:
    watch = Watch()
    mine = following(path, watch)
    sealed = mine.seal("acc", "test", "hello")
    path.unlink()
    if trouble == "damaged":
        path.write_text("nonsense\n")
        path.chmod(0o600)
    watch.now += LOOK_S

    assert mine.open("acc", "test", mine.seal("acc", "test", "still")) == "still"
    assert mine.open("acc", "test", sealed) == "hello"


def test_what_is_sealed_while_keys_come_opens_afterwards(path: Path) -> None:
    vault = FollowingVault.from_file(path)

    def seal(number: int) -> str:
        return vault.seal("acc", "test", str(number))

    with ThreadPoolExecutor(4) as threads:
        sealed = threads.map(seal, range(4_000))
        for _ in range(10):
            vault.add_key()

        assert [vault.open("acc", "test", text) for text in sealed] == [str(number) for number in range(4_000)]
