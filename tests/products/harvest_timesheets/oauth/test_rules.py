"""Where applications may be sent back to, and which scope a token gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.oauth.rules import (
    account_asked,
    check_url,
    granted,
    is_scope,
    may_return_to,
    proves,
    with_query,
)


@pytest.mark.parametrize(
    ("asked", "registered", "may"),
    [
        ("https://app.example/callback", "https://app.example/callback", True),
        ("https://app.example/callback?x=1", "https://app.example/callback", True),
        ("https://app.example/callback/more", "https://app.example/callback", True),
        ("https://app.example/callback", "https://app.example", True),
        ("myapp://done/now", "myapp://done", True),
        ("https://app.example.evil.org/", "https://app.example", False),
        ("https://app.example:444/callback", "https://app.example/callback", False),
        ("https://app.example@evil.org/", "https://app.example", False),
        ("http://app.example/callback", "https://app.example/callback", False),
        ("https://app.example/callback/../admin", "https://app.example/callback", False),
        ("https://app.example/callback/%2e%2e/admin", "https://app.example/callback", False),
        ("https://app.example/callback\\..\\admin", "https://app.example/callback", False),
        ("https://app.example/callback/..;x/admin", "https://app.example/callback", False),
        ("https://app.example/call", "https://app.example/callback", False),
        ("https://app.example/callback#x", "https://app.example/callback", False),
        ("javascript:alert(1)", "https://app.example/callback", False),
    ],
)
def test_an_application_is_sent_back_to_where_it_was_registered(asked: str, registered: str, may: bool) -> None:
    assert may_return_to(asked, registered) is may


@pytest.mark.parametrize(
    "url", ["", "app.example", "javascript:alert(1)", "https://", "https://x/#y", "https://x y", "data:x"]
)
def test_what_is_no_redirect_url_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        check_url(url, field="redirect_url")


@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    assert may_return_to(text, "https://app.example/callback") in (True, False)


@pytest.mark.parametrize(
    ("scope", "is_known", "of_all", "of_one"),
    [
        (None, True, "harvest:all", "harvest:7"),
        ("all", True, "harvest:all", "harvest:7"),
        ("harvest:all", True, "harvest:all", "harvest:7"),
        ("harvest:7", True, "harvest:7", "harvest:7"),
        ("harvest:7 forecast:all", True, "harvest:7", "harvest:7"),
        ("forecast:7", False, None, None),
        ("harvest:x", False, None, None),
        ("admin", False, None, None),
    ],
)
def test_a_scope_is_what_was_asked_and_no_more_than_the_application_may(
    scope: str | None, is_known: bool, of_all: str | None, of_one: str | None
) -> None:
    assert is_scope(scope) is is_known
    if is_known:
        assert granted(scope, reaches_all=True, account_number=7) == of_all
        assert granted(scope, reaches_all=False, account_number=7) == of_one
    assert account_asked(scope) == (7 if scope and "harvest:7" in scope else None)


def test_the_scope_is_percent_encoded_where_an_application_is_sent() -> None:
    assert with_query("https://x.example/cb?a=1", {"scope": "harvest:123", "state": None}) == (
        "https://x.example/cb?a=1&scope=harvest%3A123"
    )


def test_an_answer_in_the_address_that_is_asked_for_is_none() -> None:
    asked = "https://x.example/cb?code=theirs&access_token=theirs&state=s&a=1"

    assert with_query(asked, {"code": "ours", "state": None}) == "https://x.example/cb?state=s&a=1&code=ours"
    assert with_query(asked, {"error": "access_denied", "state": "t"}) == (
        "https://x.example/cb?a=1&error=access_denied&state=t"
    )


def test_a_challenge_is_proven_by_its_verifier() -> None:
    # The example of RFC 7636, appendix B.
    verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert proves(challenge, "S256", verifier)
    assert not proves(challenge, "plain", verifier)
    assert proves(verifier, "plain", verifier)
