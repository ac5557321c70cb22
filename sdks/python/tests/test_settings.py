"""Which key and which host a client uses."""

from __future__ import annotations

import pytest

from harbor_sdk import AuthenticationError, Harbor, HarborError, InvalidRequestError
from harbor_sdk.settings import read_settings


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("hb_live_abc", "https://api.harbor.dev"),
        ("hb_test_abc", "https://sandbox.api.harbor.dev"),
        ("hb_admin_abc", "https://api.harbor.dev"),
    ],
)
def test_the_prefix_of_the_key_chooses_the_host(client: type[Harbor], key: str, host: str) -> None:
    assert client(key).host == host


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000"),
        ("https://harbor.acme.test/v1/", "https://harbor.acme.test"),
        ("http://[::1]:8000/v1", "http://[::1]:8000"),
    ],
)
def test_a_trailing_slash_or_version_is_tolerated(client: type[Harbor], host: str, origin: str) -> None:
    assert client("hb_test_abc", host=host).host == origin


@pytest.mark.parametrize(
    "host",
    ["", "localhost:8000", "ftp://a.test", "https://", "https://a.test/x", "https://u:p@a.test", "https://a.test?x=1",
     "https://a.test:port", "https://[::1"],
)  # fmt: skip
def test_a_host_that_is_no_origin_is_refused(client: type[Harbor], host: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        client("hb_test_abc", host=host)

    assert refused.value.param == "host"


@pytest.mark.parametrize("key", ["", "  ", "sk_test_abc", "hb_test_", "hb_other_abc", "hb_test_a\nb", "hb_test_ä"])
def test_a_key_that_cannot_be_one_is_refused_without_being_repeated(client: type[Harbor], key: str) -> None:
    with pytest.raises(AuthenticationError) as refused:
        client(key)

    assert refused.value.code == "authentication_failed"
    assert refused.value.status is None
    assert key.strip() in ("", "hb_test_") or key not in str(refused.value)


def test_the_key_comes_from_the_environment_when_none_is_given() -> None:
    settings = read_settings(None, None, 30, 2, {"HARBOR_SECRET_KEY": "hb_live_abc\n", "HARBOR_API_KEY": "old"})

    assert settings.secret_key == "hb_live_abc"


def test_the_variable_of_version_1_alone_points_to_the_new_name(
    client: type[Harbor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARBOR_SECRET_KEY", raising=False)
    monkeypatch.setenv("HARBOR_API_KEY", "hb_live_abc")

    with pytest.raises(HarborError, match="secret_key"):
        client()


@pytest.mark.parametrize(("timeout", "retries"), [(0, 2), (-1, 2), (float("nan"), 2), (float("inf"), 2), (30, -1)])
def test_impatience_and_endless_patience_are_refused(client: type[Harbor], timeout: float, retries: int) -> None:
    with pytest.raises(InvalidRequestError):
        client("hb_test_abc", timeout=timeout, max_retries=retries)


def test_the_key_shows_in_no_description(client: type[Harbor]) -> None:
    settings = read_settings("hb_test_abc", None, 30, 2, {})

    assert "hb_test_abc" not in repr(settings) + repr(client("hb_test_abc"))


def test_the_host_of_the_environment_stands_in_for_one_that_is_not_given() -> None:
    environment = {"HARBOR_SECRET_KEY": "hb_test_abc", "HARBOR_URL": "http://127.0.0.1:8000/v1"}

    assert read_settings(None, None, 30, 2, environment).host == "http://127.0.0.1:8000"
    assert read_settings(None, "https://harbor.example", 30, 2, environment).host == "https://harbor.example"
