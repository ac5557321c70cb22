"""What the hot path needs to know of an account: its workspaces and who asks for which types, kept in memory.

The memory is keyed by the account's random token, which every change renews in its own transaction and every use reads
in its own. So a change counts from its commit on, on every process, and an undone change leaves no trace.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import msgspec

from harbor.kernel.errors import Invalid
from harbor.kernel.eventlog.model import Event
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.store import tokens
from harbor.kernel.storage.database import Tx
from harbor.kernel.webhooks import predicate
from harbor.kernel.webhooks.matching import Matcher
from harbor.kernel.webhooks.model import Subscription
from harbor.kernel.webhooks.subscriptions import store
from harbor.kernel.workspaces import store as workspaces
from harbor.kernel.workspaces.model import Workspace

_ACCOUNTS_MAX = 2_000
FILTERS_S_MAX = 1.0


@dataclass(frozen=True, slots=True)
class Listener:
    """A subscription ready for matching."""

    subscription: Subscription
    predicate: predicate.Predicate | None


@dataclass(slots=True)
class _Known:
    token: str
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    matchers: dict[str, Matcher[Listener]] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    default: Workspace | None = None


class Patience:
    """How long the filters of one request may take in all, however many events and endpoints there are."""

    __slots__ = ("_left_s",)

    def __init__(self, seconds: float = FILTERS_S_MAX) -> None:
        self._left_s = seconds

    def ask(self, asked: predicate.Predicate, payload: Any) -> bool:
        """Whether a filter holds. Raises `Invalid` once the time is used up."""
        if self._left_s <= 0:
            raise Invalid(
                "The filters of this workspace's webhooks take too long for this; send fewer or smaller events, or simplify them.",
                code="too_slow",
            )
        began = time.monotonic()
        try:
            return asked.holds(payload)
        finally:
            self._left_s -= time.monotonic() - began


class Directory:
    """Workspaces and subscriptions as of the calling transaction."""

    def __init__(self) -> None:
        self._accounts: OrderedDict[str, _Known] = OrderedDict()
        self._environments: dict[str, str] = {}

    def environment(self, tx: Tx, account_id: str) -> str:
        """Whether an account is the sandbox or production; that never changes."""
        found = self._environments.get(account_id)
        if found is None:
            account = identity.account(tx, account_id)
            assert account is not None, account_id
            found = self._environments[account_id] = account.environment.value
        return found

    def workspace(self, tx: Tx, account_id: str, workspace_id: str, token: str | None = None) -> Workspace | None:
        """A workspace of the account, or None. `token` is the present one, if the caller has read it already."""
        known = self._known(tx, account_id, token)
        found = known.workspaces.get(workspace_id)
        if found is None and (found := workspaces.find(tx, account_id, workspace_id)) is not None:
            known.workspaces[workspace_id] = found
        return found

    def default_workspace(self, tx: Tx, account_id: str, token: str | None = None) -> Workspace:
        """The workspace for the events of products."""
        known = self._known(tx, account_id, token)
        if known.default is None:
            known.default = workspaces.default_of(tx, account_id)
        return known.default

    def subscription(self, tx: Tx, account_id: str, subscription_id: str) -> Subscription | None:
        """A subscription that is not deleted."""
        known = self._known(tx, account_id, None)
        found = known.subscriptions.get(subscription_id)
        if found is None and (found := store.find(tx, account_id, subscription_id)) is not None:
            known.subscriptions[subscription_id] = found
        return found

    def listeners(
        self, tx: Tx, event: Event, token: str | None = None, patience: Patience | None = None
    ) -> list[Subscription]:
        """The subscriptions, active or disabled, whose types and payload filter match the event.

        Raises `Invalid` when the filters use up the patience of the request: they run inside the writer.
        """
        known = self._known(tx, event.account_id, token)
        matcher = known.matchers.get(event.workspace_id)
        if matcher is None:
            found = store.of_workspace(tx, event.account_id, event.workspace_id)
            matcher = known.matchers[event.workspace_id] = Matcher(
                (Listener(subscription, _predicate(subscription)), subscription.entries) for subscription in found
            )
        matching = matcher.matching(event.product, event.type)
        if not any(listener.predicate for listener in matching):
            return [listener.subscription for listener in matching]
        payload = msgspec.json.decode(event.payload)
        patience = patience or Patience()
        return [one.subscription for one in matching if one.predicate is None or patience.ask(one.predicate, payload)]

    def _known(self, tx: Tx, account_id: str, token: str | None) -> _Known:
        present = token or str(tokens(tx, account_id)["subscriptions"])
        known = self._accounts.get(account_id)
        if known is None or known.token != present:
            if len(self._accounts) >= _ACCOUNTS_MAX:
                self._accounts.popitem(last=False)
            known = self._accounts[account_id] = _Known(present)
        return known


def _predicate(subscription: Subscription) -> predicate.Predicate | None:
    return predicate.parse(msgspec.json.decode(subscription.filter)) if subscription.filter else None
