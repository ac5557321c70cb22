"""What may be called from here: a URL is judged by its text, then by every address its host resolves to."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, ip_network

from yarl import URL

from harbor.kernel.errors import Invalid
from harbor.kernel.outbound.addresses import Address, Network, plain, why_not_public
from harbor.kernel.outbound.lookup import Lookup, SystemLookup

URL_LENGTH_MAX = 2048
PORT_MAX = 65_535
HOST_LENGTH_MAX = 253
# A registration must not hang on a dead name server; a name that does not answer in time counts as not resolving.
REGISTRATION_LOOKUP_S_MAX = 5.0

_SHAPE = re.compile(r"https?://([^/?#]*)(?:[/?].*)?", re.IGNORECASE)
# Parsers disagree about these, and disagreement is what an attacker looks for.
_UNSAFE_CHARACTER = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029]")
# Inside brackets stands an IPv6 address and nothing newer (`[v1.name]`), which yarl would take for a name.
_BRACKETED = re.compile(r"\[[0-9a-f:.]+\](?::[0-9]*)?", re.IGNORECASE)
# Inside brackets stands an IPv6 address and nothing newer (`[v1.name]`), which yarl would take for a name.
_BRACKETED = re.compile(r"\[[0-9a-f:.]+\](?::[0-9]*)?", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# A host whose last label is a number is read as an IPv4 address by many programs: 127.1, 2130706433, 0x7f.0.0.1.
_NUMBER_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """Public hosts over https; `allow_http` and `allow_cidrs` open more for development.

    `lookup` resolves names, for registration and for the client; tests give their own.
    """

    allow_http: bool = False
    allow_cidrs: tuple[Network, ...] = ()
    lookup: Lookup = field(default_factory=SystemLookup, compare=False, repr=False)

    def check_url(self, url: str, *, field: str = "url") -> None:
        """Refuse a URL that may not be called, by its text alone. Raises `Invalid` naming `field`."""
        self.target(url, field=field)

    def target(self, url: str, *, field: str = "url") -> URL:
        """The checked URL in the form it is called with, so that no second parser sees another host."""
        refusal = self._text_refusal(url)
        if refusal is not None:
            raise Invalid(f"{field} {refusal}", field=field)
        try:
            parsed = URL(url)
            host, port = parsed.raw_host, parsed.port
        except ValueError as error:
            raise Invalid(f"{field} is not a URL: {error}", field=field) from None
        if not host:
            raise Invalid(f"{field} names no host.", field=field)
        if port is None or not 0 < port <= PORT_MAX:
            raise Invalid(f"{field} has a port outside 1-{PORT_MAX}.", field=field)
        refusal = self._host_refusal(host)
        if refusal is not None:
            raise Invalid(f"{field} {refusal}", field=field)
        return parsed

    def permits(self, address: str | Address) -> bool:
        """Whether a connection to `address` is allowed: it is public, or in a network opened for development."""
        try:
            parsed = plain(address)
        except ValueError:
            return False
        return why_not_public(parsed) is None or any(parsed in network for network in self.allow_cidrs)

    def check_address(self, address: str | Address, *, field: str = "url") -> None:
        """Refuse an address that may not be called. Raises `Invalid` naming `field`."""
        if not self.permits(address):
            why = why_not_public(address)
            raise Invalid(f"{field} has an address that is not public ({why}).", field=field)

    async def check_resolves(self, url: str, *, field: str = "url") -> None:
        """Refuse a URL whose host resolves to any address that may not be called; one that does not resolve passes.

        Raises `Invalid` naming `field`. The message keeps the address to itself: it would map the inner network.
        """
        target = self.target(url, field=field)
        host = target.raw_host
        assert host is not None, url
        try:
            async with asyncio.timeout(REGISTRATION_LOOKUP_S_MAX):
                addresses = await self.lookup(host)
        except OSError:  # a time-out is one as well
            return
        if self.permitted(host, addresses) is None:
            raise Invalid(f"{field} names a host that resolves to an address that is not public.", field=field)

    def permitted(self, host: str, addresses: list[str]) -> list[str] | None:
        """The addresses to connect to, or None if `host` may not be called: one bad address spoils them all."""
        good = [address for address in addresses if self.permits(address)]
        if len(good) == len(addresses):
            return good
        # Many machines give localhost both loopback addresses while only one of them was opened.
        if good and is_localhost(host) and all(_is_loopback(address) for address in addresses):
            return good
        return None

    def _text_refusal(self, url: str) -> str | None:
        if len(url) > URL_LENGTH_MAX:
            return f"has {len(url)} characters; at most {URL_LENGTH_MAX} fit."
        if _UNSAFE_CHARACTER.search(url):
            return "has a blank, a control character or a backslash; write it percent-encoded."
        if "#" in url:
            return "has a fragment, which is never sent; leave it out."
        match = _SHAPE.fullmatch(url)
        if match is None or (not self.allow_http and not url.lower().startswith("https://")):
            return "must start with http:// or https://." if self.allow_http else "must start with https://."
        authority = match[1]
        if "@" in authority:
            return "has a user name or password before the host; send credentials in a header."
        if "%" in authority:
            return "has a percent sign in the host; write the host as plain text."
        if "[" in authority and not _BRACKETED.fullmatch(authority):
            return "has brackets around something that is not an IPv6 address."
        # Which of these a parser turns into 0-9 differs from program to program.
        if any(letter.isdigit() and not letter.isascii() for letter in authority):
            return "has digits other than 0-9 in the host."
        return None

    def _host_refusal(self, host: str) -> str | None:
        address = _literal(host)
        if address is not None:
            if self.permits(address):
                return None
            return f"has an address that is not public ({why_not_public(address)})."
        labels = host.split(".")
        if not labels[-1]:
            return "has a host that ends with a dot; leave the dot out."
        if len(host) > HOST_LENGTH_MAX or not all(_LABEL.fullmatch(label) for label in labels):
            return "has a host that is not a domain name."
        if _NUMBER_LABEL.fullmatch(labels[-1]):
            return "has a host that looks like an address; write it as four decimal numbers."
        if is_localhost(host):
            opened = any(
                net.overlaps(loop) for net in self.allow_cidrs for loop in _LOOPBACK if net.version == loop.version
            )
            return None if opened else "names this machine (localhost); it must be reachable publicly."
        # A single label is completed by the machine's search list, so only its addresses can tell where it leads.
        if len(labels) == 1 and not self.allow_cidrs:
            return "has a host without a dot; it must be reachable publicly."
        return None


def is_localhost(host: str) -> bool:
    """Whether `host` names this machine. Source: RFC 6761, section 6.3."""
    return host == "localhost" or host.endswith(".localhost")


def _is_loopback(address: str) -> bool:
    return plain(address).is_loopback


def _literal(host: str) -> Address | None:
    """The address `host` spells in the usual way, or None. Unusual spellings are refused as names."""
    try:
        return plain(host) if ":" in host else IPv4Address(host)
    except ValueError:
        return None
