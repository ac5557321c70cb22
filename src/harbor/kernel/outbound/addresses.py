"""Which addresses are public: everything that is not routed globally is named here with its reason.

Source: the IANA special-purpose registries for IPv4 and IPv6, and docs/products/harbor.md#network-safety. The
list is our own because `ipaddress.is_global` changes between patch releases of Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC_V4: Sequence[tuple[IPv4Network, str]] = tuple(
    (IPv4Network(network), why)
    for network, why in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a carrier"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "a retired 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)

_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
# Parts of 2000::/3 that are not hosts on the internet. Teredo (2001::/32) lies in the first.
_NOT_PUBLIC_V6: Sequence[tuple[IPv6Network, str]] = tuple(
    (IPv6Network(network), why)
    for network, why in (
        ("2001::/23", "protocol assignments"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
    )
)
# For the message only: outside 2000::/3 nothing is public, whether it has a name or not.
_NAMED_V6: Sequence[tuple[IPv6Network, str]] = tuple(
    (IPv6Network(network), why)
    for network, why in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_LOW_32_BITS = (1 << 32) - 1


def plain(address: str | Address) -> Address:
    """The address itself: text is parsed, an IPv4 address mapped into IPv6 is unwrapped.

    Raises ValueError if the text is no address in its usual spelling.
    """
    parsed = ip_address(address) if isinstance(address, str) else address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        return parsed.ipv4_mapped
    return parsed


def why_not_public(address: str | Address) -> str | None:
    """The reason why `address` is not a public one, or None if it is. Looks into mapped, NAT64 and 6to4 addresses."""
    parsed = plain(address)
    if isinstance(parsed, IPv4Address):
        return _why(parsed, _NOT_PUBLIC_V4)
    if parsed.scope_id is not None:
        return "link-local"
    if parsed in _NAT64:
        return why_not_public(IPv4Address(int(parsed) & _LOW_32_BITS))
    if parsed.sixtofour is not None:
        return why_not_public(parsed.sixtofour)
    if parsed not in _GLOBAL_UNICAST_V6:
        return _why(parsed, _NAMED_V6) or "not global unicast"
    return _why(parsed, _NOT_PUBLIC_V6)


def _why(address: Address, networks: Sequence[tuple[Network, str]]) -> str | None:
    return next((why for network, why in networks if address in network), None)
