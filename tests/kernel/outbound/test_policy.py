"""Which URLs may be called."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harbor.kernel.errors import Invalid
from harbor.kernel.outbound import OutboundPolicy

STRICT = OutboundPolicy()
PLAIN = OutboundPolicy(allow_http=True)
LOOPBACK = OutboundPolicy(allow_http=True, allow_cidrs=(ip_network("127.0.0.0/8"), ip_network("::1/128")))

GOOD = (
    "https://hooks.acme.example/harbor",
    "https://hooks.acme.example",
    "https://hooks.acme.example:8443/a?b=c&d=%20",
    "HTTPS://Hooks.Acme.Example/",
    "https://bücher.example/ä?ö=ü",
    "https://xn--bcher-kva.example/",
    "https://a_b.example/",
    "https://8.8.8.8/",
    "https://[2606:4700::1111]:443/hook",
    "https://1.1.1.1.nip.example/",
    "https://hooks.acme.example/user@mail",
    "https://hooks.acme.example/?at=a@b:c",
)

BAD = (
    # not a URL that we send to
    "",
    "hooks.acme.example",
    "//hooks.acme.example/",
    "https:hooks.acme.example",
    "https:/hooks.acme.example",
    "https://",
    "https:///path",
    "https://:443/",
    "ftp://hooks.acme.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_",
    "javascript:alert(1)",
    "ws://hooks.acme.example/",
    # user-info, fragments, parsers set against each other
    "https://user@hooks.acme.example/",
    "https://user:pass@hooks.acme.example/",
    "https://@hooks.acme.example/",
    "https://hooks.acme.example@127.0.0.1/",
    "https://127.0.0.1:80@hooks.acme.example/",
    "https://hooks.acme.example#@127.0.0.1/",
    "https://hooks.acme.example/#part",
    "https://hooks.acme.example/#",
    "https://hooks.acme.example\\@127.0.0.1/",
    "https:\\\\127.0.0.1\\",
    "https://127.0.0.1\\.acme.example/",
    " https://hooks.acme.example/",
    "https://hooks.acme.example/ ",
    "https://hooks.acme.example/a b",
    "https://hooks.acme\t.example/",
    "https://hooks.acme.example/\r\nX-Evil: 1",
    "https://hooks.acme.example/\x00",
    "https://hooks.acme.example/\u2028",
    "https://127.0.0.1%23.acme.example/",
    "https://127.0.0.1%2f.acme.example/",
    "https://hooks.acme.example%00.evil.example/",
    # ports
    "https://hooks.acme.example:0/",
    "https://hooks.acme.example:65536/",
    "https://hooks.acme.example:-1/",
    "https://hooks.acme.example:80:80/",
    "https://hooks.acme.example:http/",
    # this machine by name
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://localhost:8080/",
    "https://a.localhost/",
    "https://foo.bar.localhost/",
    "https://ⓛocalhost/",
    "https://ｌｏｃａｌｈｏｓｔ/",
    # names that only mean something inside
    "https://intranet/",
    "https://postgres:5432/",
    "https://intranet./",
    "https://hooks.acme.example./",
    "https://hooks..example/",
    "https://.example/",
    "https://-a.example/",
    "https://a-.example/",
    "https://a*b.example/",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 127 + "example/",
    # loopback, spelled usually and unusually
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.0.0.1:8080/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0/",
    "https://0.0.0.0/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0X7F.0.0.1/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://a.0x1/",
    "https://0x/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://0177.0.0.01/",
    "https://127.0.0.01/",
    "https://00127.0.0.1/",
    "https://127.0.0.1.0/",
    "https://127.0.0.256/",
    "https://4294967297/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://127｡0｡0｡1/",
    "https://127．0．0．1/",
    "https://①②⑦.0.0.1/",
    "https://٢١٣٠٧٠٦٤٣٣/",
    "https://१२७.०.०.१/",
    "https://%31%32%37.0.0.1/",
    "https://127%2e0%2e0%2e1/",
    "https://127.0.0\u200b.1/",
    "https://local\u00adhost/",
    # other special addresses
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://192.168.0.1/",
    "https://100.64.0.1/",
    "https://255.255.255.255/",
    "https://134744072/",
    # IPv6
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[0000:0000:0000:0000:0000:0000:0000:0001]:443/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[::1/",
    "https://::1/",
    "https://[v1.a]/",
    "https://[127.0.0.1]/",
    "https://[::1].acme.example/",
)


@pytest.mark.parametrize("url", GOOD)
def test_public_urls_pass(url: str) -> None:
    STRICT.check_url(url)


@pytest.mark.parametrize("url", BAD)
def test_urls_that_lead_inside_or_confuse_are_refused(url: str) -> None:
    for policy, spelled in ((STRICT, url), (PLAIN, url), (PLAIN, url.replace("https", "http", 1))):
        with pytest.raises(Invalid) as refused:
            policy.check_url(spelled)
        assert refused.value.field == "url"
        assert refused.value.message.startswith("url ")


def test_http_needs_its_switch() -> None:
    with pytest.raises(Invalid, match="must start with https://"):
        STRICT.check_url("http://hooks.acme.example/")
    PLAIN.check_url("http://hooks.acme.example/")


def test_the_length_is_bounded() -> None:
    base = "https://hooks.acme.example/"
    STRICT.check_url(base + "a" * (2048 - len(base)))
    with pytest.raises(Invalid, match="2049 characters"):
        STRICT.check_url(base + "a" * (2049 - len(base)))


def test_the_refused_field_can_have_another_name() -> None:
    with pytest.raises(Invalid) as refused:
        STRICT.check_url("http://x.example/", field="subscriberUrl")
    assert refused.value.field == "subscriberUrl"


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:80/", "http://localhost/", "http://a.localhost/", "http://[::1]/", "http://receiver:9000/"],
)
def test_opened_networks_admit_loopback_and_short_names(url: str) -> None:
    LOOPBACK.check_url(url)


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://169.254.169.254/", "http://2130706433/", "http://127.1/"])
def test_opened_networks_admit_nothing_else(url: str) -> None:
    with pytest.raises(Invalid):
        LOOPBACK.check_url(url)


def test_localhost_stays_closed_when_another_network_is_opened() -> None:
    policy = OutboundPolicy(allow_http=True, allow_cidrs=(ip_network("10.0.0.0/8"),))
    policy.check_url("http://10.1.2.3/")
    with pytest.raises(Invalid, match="localhost"):
        policy.check_url("http://localhost/")


def test_an_opened_network_does_not_open_its_nat64_form() -> None:
    LOOPBACK.check_address("::ffff:127.0.0.1")
    with pytest.raises(Invalid):
        LOOPBACK.check_address("64:ff9b::127.0.0.1")


def test_check_address_names_the_reason() -> None:
    STRICT.check_address("8.8.8.8")
    with pytest.raises(Invalid, match="link-local"):
        STRICT.check_address("169.254.169.254")


def resolving(*addresses: str) -> OutboundPolicy:
    async def lookup(host: str) -> list[str]:
        return list(addresses)

    return OutboundPolicy(lookup=lookup)


async def test_a_name_with_public_addresses_may_be_registered() -> None:
    await resolving("93.184.216.34", "2606:4700::1111").check_resolves("https://hooks.acme.example/")


@pytest.mark.parametrize(
    "addresses",
    [
        ("10.0.0.1",),
        ("93.184.216.34", "127.0.0.1"),
        ("::1", "93.184.216.34"),
        ("::ffff:10.0.0.1",),
        ("fe80::1%2",),
        ("not an address",),
    ],
)
async def test_one_inner_address_spoils_a_name(addresses: Sequence[str]) -> None:
    with pytest.raises(Invalid) as refused:
        await resolving(*addresses).check_resolves("https://hooks.acme.example/")
    assert not any(address in refused.value.message for address in addresses)


async def test_a_name_that_does_not_resolve_may_be_registered() -> None:
    async def lookup(host: str) -> list[str]:
        raise OSError("Name or service not known")

    await OutboundPolicy(lookup=lookup).check_resolves("https://hooks.acme.example/")


async def test_a_name_server_that_hangs_does_not_hold_a_registration(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lookup(host: str) -> list[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr("harbor.kernel.outbound.policy.REGISTRATION_LOOKUP_S_MAX", 0.01)
    await OutboundPolicy(lookup=lookup).check_resolves("https://hooks.acme.example/")


async def test_the_machine_knows_localhost() -> None:
    await LOOPBACK.check_resolves("http://localhost/")


def test_localhost_is_narrowed_to_the_opened_loopback() -> None:
    policy = OutboundPolicy(allow_cidrs=(ip_network("127.0.0.1/32"),))
    assert policy.permitted("localhost", ["::1", "127.0.0.1"]) == ["127.0.0.1"]
    assert policy.permitted("localhost", ["10.0.0.1", "127.0.0.1"]) is None
    assert policy.permitted("hooks.acme.example", ["::1", "127.0.0.1"]) is None


@given(st.text(max_size=60))
def test_any_text_is_passed_or_refused_and_never_breaks(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}/", f"https://hooks.acme.example/{text}"):
        try:
            target = STRICT.target(url)
        except Invalid:
            continue
        assert target.scheme == "https"
        assert target.raw_host is not None
        assert target.raw_host.isascii()
        assert target.user is None


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{}", "0x{:x}", "0{:o}"]))
def test_no_number_is_taken_for_a_host(number: int, spelling: str) -> None:
    with pytest.raises(Invalid):
        STRICT.check_url(f"https://{spelling.format(number)}/")
