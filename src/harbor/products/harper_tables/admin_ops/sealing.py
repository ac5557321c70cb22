"""The secrets of what administration keeps: sealed for the account before they reach the store."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.products.harper_tables.admin_ops.store import Kept

PURPOSE = "harper.kept"


def sealed(call: Call, text: str) -> str:
    """A text as only this account can open it."""
    return call.vault.seal(call.account_id, PURPOSE, text)


def opened(call: Call, kept: Kept) -> str | None:
    """The secret of a document, if it has one."""
    return None if kept.secret is None else call.vault.open(call.account_id, PURPOSE, kept.secret)
