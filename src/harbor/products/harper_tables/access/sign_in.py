"""What was found out before the transaction, looked at again inside it; and the one refresh token of a user."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.products.harper_tables.access import store
from harbor.products.harper_tables.access.model import StoredUser


def is_still(call: Call, user: StoredUser) -> bool:
    """Whether the user is there, may call, and has the password that was looked at."""
    return _present(call, user) is not None


def keep_refresh_token(call: Call, user: StoredUser, digest: str) -> bool:
    """Let this be the user's only refresh token; False if the user changed meanwhile."""
    if not is_still(call, user):
        return False
    store.put_refresh_digest(call.tx, user.account_id, user.username, digest)
    return True


def has_refresh_token(call: Call, user: StoredUser, digest: str) -> bool:
    """Whether this is the user's newest refresh token."""
    present = _present(call, user)
    return present is not None and present.refresh_digest == digest


def _present(call: Call, user: StoredUser) -> StoredUser | None:
    present = store.user(call.tx, user.account_id, user.username)
    if present is None or present.id != user.id or present.seed != user.seed or not present.is_active:
        return None
    return present
