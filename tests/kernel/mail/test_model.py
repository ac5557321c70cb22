from __future__ import annotations

from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid
from harbor.kernel.mail.model import check_address, check_body, check_subject


@pytest.mark.parametrize(
    "address", ["ada@example.com", "ada+tag@sub.example.com", "o'brien@example.org", "ädä@exämple.com"]
)
def test_a_bare_address_is_taken(address: str) -> None:
    assert check_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com\n",
        "ada@example.com,eve@example.com",
        "Ada <ada@example.com>",
        "ada@example.com eve@example.com",
        "ada@eve@example.com",
        "ada@example.com\x00",
        "ada\u2028@example.com",
        "a" * 250 + "@example.com",
    ],
)
def test_anything_more_than_a_bare_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_address(address)

    assert refused.value.field == "to"


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: eve@example.com", "a\nb", "a\rb", "a\x00", "a\x0b", "a\x85", "a\u2028", "a" * 256]
)
def test_a_subject_that_could_carry_another_header_is_refused(subject: str) -> None:
    with pytest.raises(Invalid):
        check_subject(subject)


@given(st.text())
def test_a_subject_that_passes_makes_one_header_line(subject: str) -> None:
    try:
        check_subject(subject)
    except Invalid:
        return

    lines = SMTP.fold("Subject", subject).split("\r\n")
    assert lines[-1] == ""
    assert all(line.startswith(" ") for line in lines[1:-1])


@pytest.mark.parametrize("text", ["a" * 262_145, "half \ud800", "nothing\x00"])
def test_a_text_that_cannot_be_kept_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_body(text, field="html")

    assert refused.value.field == "html"
