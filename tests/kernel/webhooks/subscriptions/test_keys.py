"""What is sealed of a subscription: its secrets, with the moment each stops, and its own headers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harbor.kernel.vault import Unsealable, Vault
from harbor.kernel.webhooks.model import SecretKept
from harbor.kernel.webhooks.subscriptions import keys

NOON = datetime(2026, 5, 25, 12, 0, 0, 123_456, tzinfo=UTC)
KEPT = [SecretKept(text="whsec_new", expires_at=None), SecretKept(text="whsec_old", expires_at=NOON)]


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A vault with a key of its own."""
    return Vault.create(tmp_path / "instance.key")


def test_secrets_come_back_as_they_were_sealed(vault: Vault) -> None:
    sealed = keys.seal_secrets(vault, "acc_1", KEPT)

    assert keys.open_secrets(vault, "acc_1", sealed) == KEPT
    assert "whsec" not in sealed


def test_headers_come_back_as_they_were_sealed(vault: Vault) -> None:
    sealed = keys.seal_headers(vault, "acc_1", {"Authorization": "Bearer é"})

    assert keys.open_headers(vault, "acc_1", sealed) == {"Authorization": "Bearer é"}
    assert sealed is not None
    assert "Bearer" not in sealed


def test_no_headers_need_no_seal(vault: Vault) -> None:
    assert keys.seal_headers(vault, "acc_1", {}) is None
    assert keys.open_headers(vault, "acc_1", None) == {}


def test_another_account_opens_neither_and_one_is_not_the_other(vault: Vault) -> None:
    secrets, headers = keys.seal_secrets(vault, "acc_1", KEPT), keys.seal_headers(vault, "acc_1", {"a": "b"})

    with pytest.raises(Unsealable):
        keys.open_secrets(vault, "acc_2", secrets)
    with pytest.raises(Unsealable):
        keys.open_headers(vault, "acc_2", headers)
    with pytest.raises(Unsealable):
        keys.open_headers(vault, "acc_1", secrets)


@pytest.mark.parametrize(
    ("at", "texts"),
    [
        (NOON - timedelta(microseconds=1), ["whsec_new", "whsec_old"]),
        (NOON, ["whsec_new"]),
        (NOON + timedelta(days=1), ["whsec_new"]),
    ],
)
def test_a_secret_signs_until_its_moment(at: datetime, texts: list[str]) -> None:
    assert [secret.text for secret in keys.valid_at(KEPT, at)] == texts
