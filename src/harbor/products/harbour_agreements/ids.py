"""Public ids of Harbour, made from the kernel's and read back into them.

The kernel's ids are 128 bits in 26 letters, beginning with their millisecond. Harbour prints the same bits as 32
hexadecimal digits, so its ids ascend as well and no table translates them. Source: docs/products/harbour.md#ids.
"""

from __future__ import annotations

import re

from harbor.kernel.ids import decode, encode

_RANDOM_BITS = 80
_VERIFICATION = re.compile(r"VERIFICATION-[0-9]{1,16}_[0-9a-f]{1,64}")
_WEBHOOK = re.compile(r"(?:wb_|WEBHOOK-[0-9]{1,16}_)([0-9a-f]{32})")
_EVENT = re.compile(r"EVENT-[0-9]{1,16}_([0-9a-f]{32})")


def stamped(word: str, minted: str) -> str:
    """`WORD-<13-digit Unix ms>_<32 hex>` out of a kernel id, whatever its prefix."""
    value = decode(minted.rpartition("_")[2])
    return f"{word}-{value >> _RANDOM_BITS:013d}_{value:032x}"


def verification_id(minted: str) -> str:
    """The id of a new verification."""
    return stamped("VERIFICATION", minted)


def is_verification_id(text: str) -> bool:
    """Whether a path names a verification; published samples are shorter than ours."""
    return _VERIFICATION.fullmatch(text) is not None


def webhook_id(subscription_id: str) -> str:
    """`wb_<32 hex>`."""
    return f"wb_{decode(subscription_id.removeprefix('wh_')):032x}"


def legacy_webhook_id(subscription_id: str, created_ms: int) -> str:
    """`WEBHOOK-<created ms>_<the same hex>`, as receipts of 2.0 have it."""
    return f"WEBHOOK-{created_ms:013d}_{decode(subscription_id.removeprefix('wh_')):032x}"


def subscription_id(text: str) -> str | None:
    """The kernel's id behind either form of a webhook's id, or None."""
    match = _WEBHOOK.fullmatch(text)
    return None if match is None else "wh_" + encode(int(match[1], 16))


def event_id(kernel_id: str) -> str:
    """`EVENT-<ms>_<32 hex>`, what a receiver tells repeated deliveries by."""
    return stamped("EVENT", kernel_id)


def kernel_event_id(text: str) -> str | None:
    """The kernel's id behind an event's, or None."""
    match = _EVENT.fullmatch(text)
    return None if match is None else "evt_" + encode(int(match[1], 16))
