"""Sealed texts open for their account and purpose alone, and key files are kept with care."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import StartRefused
from harbor.kernel.vault import Unsealable, Vault

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=400)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault.create(tmp_path_factory.mktemp("vault") / "instance.key")


@given(NAMES, NAMES, TEXTS)
def test_what_is_sealed_opens_again(vault: Vault, account_id: str, purpose: str, text: str) -> None:
    sealed = vault.seal(account_id, purpose, text)

    assert vault.open(account_id, purpose, sealed) == text
    assert sealed.isascii()


@given(st.tuples(NAMES, NAMES), st.tuples(NAMES, NAMES))
def test_it_opens_for_nobody_else(vault: Vault, owner: tuple[str, str], other: tuple[str, str]) -> None:
    sealed = vault.seal(*owner, "whsec_secret")

    if owner != other:
        with pytest.raises(Unsealable):
            vault.open(*other, sealed)


def test_neighbouring_names_are_kept_apart(vault: Vault) -> None:
    sealed = vault.seal("a", "bc", "text")

    for account_id, purpose in (("ab", "c"), ("a:b", "c"), ("1:a", "bc"), ("a", "b")):
        with pytest.raises(Unsealable):
            vault.open(account_id, purpose, sealed)


@given(st.data())
def test_a_changed_text_does_not_open(vault: Vault, data: st.DataObject) -> None:
    # Five letters make 33 bytes, whole groups of base64: elsewhere the last letter has bits that mean nothing.
    sealed = vault.seal("acc_1", "webhook", "texts")
    at = data.draw(st.integers(0, len(sealed) - 1))
    letter = data.draw(st.characters().filter(lambda drawn: drawn != sealed[at]))

    with pytest.raises(Unsealable):
        vault.open("acc_1", "webhook", sealed[:at] + letter + sealed[at + 1 :])


@pytest.mark.parametrize("sealed", ["", ".", "plain", "aaaaaaaa.", "{current}.", "{current}.AAAA", "{current}.***"])
def test_what_was_never_sealed_does_not_open(vault: Vault, sealed: str) -> None:
    with pytest.raises(Unsealable):
        vault.open("acc_1", "webhook", sealed.format(current=vault.current))


def test_sealing_twice_gives_two_texts(vault: Vault) -> None:
    assert vault.seal("acc_1", "webhook", "text") != vault.seal("acc_1", "webhook", "text")


def test_errors_do_not_repeat_the_secret(vault: Vault) -> None:
    sealed = vault.seal("acc_1", "webhook", "whsec_secret")
    with pytest.raises(Unsealable) as refused:
        vault.open("acc_2", "webhook", sealed)

    assert "whsec" not in refused.value.message
    assert sealed not in refused.value.message


def test_a_key_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "instance.key"
    made = Vault.create(path)
    sealed = made.seal("acc_1", "webhook", "text")

    again = Vault.from_file(path)

    assert again.open("acc_1", "webhook", sealed) == "text"
    assert (again.key_ids, again.current, again.fingerprint) == (made.key_ids, made.current, made.fingerprint)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["instance.key"]


def test_the_mode_of_a_new_file_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Vault.create(tmp_path / "instance.key")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "instance.key").stat().st_mode) == 0o600


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "instance.key"
    Vault.create(path)
    content = path.read_bytes()

    with pytest.raises(StartRefused, match="exists already"):
        Vault.create(path)

    assert path.read_bytes() == content
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "instance.key"
    Vault.create(path)
    path.chmod(mode)

    with pytest.raises(StartRefused, match=f"chmod 600 {path}"):
        Vault.from_file(path)


def test_a_missing_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="is missing"):
        Vault.from_file(tmp_path / "instance.key")


@pytest.mark.parametrize("content", [b"", b"# only a comment\n", b"\xff\xfe", b"nonsense\n", b"aaaaaaaa QUJD\n"])
def test_a_file_without_keys_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "instance.key"
    path.touch(0o600)
    path.write_bytes(content)

    with pytest.raises(StartRefused, match=str(path)):
        Vault.from_file(path)


def test_a_damaged_key_is_noticed_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "instance.key"
    Vault.create(path)
    line = path.read_text().splitlines()[-1]
    key_id, encoded = line.split(" ")
    damaged = ("B" if encoded[0] != "B" else "C") + encoded[1:]
    path.write_text(f"{key_id} {damaged}\n")

    with pytest.raises(StartRefused, match="damaged line") as refused:
        Vault.from_file(path)

    assert damaged not in str(refused.value)


def test_a_database_starts_only_with_its_key(tmp_path: Path) -> None:
    ours, theirs = Vault.create(tmp_path / "ours.key"), Vault.create(tmp_path / "theirs.key")
    stored = ours.fingerprint

    ours.check_fingerprint(stored)
    with pytest.raises(StartRefused, match=r"theirs\.key is not the key of this database"):
        theirs.check_fingerprint(stored)


def test_rotation_reseals_step_by_step(tmp_path: Path) -> None:
    path = tmp_path / "instance.key"
    vault = Vault.create(path)
    old_id, old_fingerprint = vault.current, vault.fingerprint
    sealed = [vault.seal("acc_1", "webhook", f"text {number}") for number in range(3)]

    new_id = vault.add_key()

    assert vault.key_ids == Vault.from_file(path).key_ids == (old_id, new_id)
    assert vault.current == new_id != old_id
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    vault.check_fingerprint(old_fingerprint)
    assert [vault.open("acc_1", "webhook", each) for each in sealed] == ["text 0", "text 1", "text 2"]

    resealed = [vault.reseal("acc_1", "webhook", each) for each in sealed]

    assert all(each.startswith(new_id + ".") for each in resealed)
    assert [vault.reseal("acc_1", "webhook", each) for each in resealed] == resealed

    vault.remove_key(old_id)

    assert Vault.from_file(path).key_ids == (new_id,)
    assert [vault.open("acc_1", "webhook", each) for each in resealed] == ["text 0", "text 1", "text 2"]
    with pytest.raises(Unsealable, match=old_id):
        vault.open("acc_1", "webhook", sealed[0])
    with pytest.raises(StartRefused):
        vault.check_fingerprint(old_fingerprint)


def test_resealing_opens_only_for_the_owner(tmp_path: Path) -> None:
    vault = Vault.create(tmp_path / "instance.key")
    sealed = vault.seal("acc_1", "webhook", "text")
    vault.add_key()

    with pytest.raises(Unsealable):
        vault.reseal("acc_2", "webhook", sealed)


def test_the_current_key_stays(tmp_path: Path) -> None:
    vault = Vault.create(tmp_path / "instance.key")

    with pytest.raises(AssertionError):
        vault.remove_key(vault.current)


def test_a_linked_key_file_is_renewed_where_it_lies(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    Vault.create(elsewhere / "real.key")
    link = tmp_path / "instance.key"
    link.symlink_to(elsewhere / "real.key")

    Vault.from_file(link).add_key()

    assert link.is_symlink()
    assert len(Vault.from_file(elsewhere / "real.key").key_ids) == 2


def test_threads_share_a_vault(vault: Vault) -> None:
    opened: list[str] = []

    def work(number: int) -> None:
        for step in range(50):
            sealed = vault.seal(f"acc_{number}_{step % 7}", "webhook", f"{number}")
            opened.append(vault.open(f"acc_{number}_{step % 7}", "webhook", sealed))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(opened) == sorted(str(number) for number in range(4) for _ in range(50))
