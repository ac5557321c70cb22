"""One call: the world of product code. Its transaction, its caller, and what both may do.

Services get a `Call` and nothing else: no clock, no settings, no database of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import msgspec

from harbor.kernel.audit import store as audit
from harbor.kernel.bounds import PRODUCT_PAYLOAD_BYTES_MAX
from harbor.kernel.errors import Denied
from harbor.kernel.eventlog import snapshots
from harbor.kernel.eventlog import store as events
from harbor.kernel.eventlog.model import Event, Positions, product_of
from harbor.kernel.idempotency import store as idempotency
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Principal, system
from harbor.kernel.ids import IdMint
from harbor.kernel.storage.database import Row, Tx
from harbor.kernel.vault import Vault
from harbor.kernel.webhooks.fanout import fan_out
from harbor.kernel.webhooks.model import Subscription
from harbor.kernel.webhooks.parking import store as parking
from harbor.kernel.webhooks.retries import RetryTable
from harbor.kernel.webhooks.subscriptions.directory import Directory, Patience
from harbor.kernel.webhooks.view import Views
from harbor.kernel.workspaces.model import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Faculties:
    """What all calls of a process share."""

    ids: IdMint
    positions: Positions
    directory: Directory
    views: Views
    vault: Vault


class Call:
    """The transaction `tx`, the caller `principal`, and the account they act in."""

    __slots__ = (
        "_faculties",
        "_has_changed_tokens",
        "_patience",
        "_tokens",
        "account_id",
        "base_url",
        "principal",
        "request_id",
        "route",
        "subjects",
        "tx",
    )

    def __init__(
        self,
        tx: Tx,
        principal: Principal,
        faculties: Faculties,
        *,
        request_id: str | None = None,
        base_url: str = "",
        route: str = "",
        account_id: str | None = None,
    ) -> None:
        self.tx = tx
        self.principal = principal
        self.account_id = account_id or principal.account_id
        self.request_id = request_id
        self.base_url = base_url
        self.route = route
        self._faculties = faculties
        self._tokens: Row | None = None
        self._patience = Patience()
        self._has_changed_tokens = False
        # Product and subject of what was told of, in order: a reply that is kept is about the first of them.
        self.subjects: list[tuple[str, str]] = []

    # What it can make

    def new_id(self, prefix: str) -> str:
        """A new id, larger than all before it."""
        return self._faculties.ids.next(prefix)

    def next_serial(self, name: str) -> int:
        """The next integer of the account's counter `name`."""
        return identity.next_serial(self.tx, self.account_id, name)

    @property
    def vault(self) -> Vault:
        """Seals and opens texts of this account."""
        return self._faculties.vault

    @property
    def views(self) -> Views:
        """The webhook views of the installation."""
        return self._faculties.views

    # What it knows

    @property
    def tokens(self) -> Row:
        """The account's cache tokens, read once per transaction that does not change them."""
        if self._tokens is None or self._has_changed_tokens:  # an undone attempt brings the former ones back
            self._tokens = identity.tokens(self.tx, self.account_id)
        return self._tokens

    def workspace(self, workspace_id: str) -> Workspace | None:
        """A workspace of the account, as of this transaction."""
        return self._faculties.directory.workspace(self.tx, self.account_id, workspace_id, self._token())

    def default_workspace(self) -> Workspace:
        """Where the events of products go."""
        return self._faculties.directory.default_workspace(self.tx, self.account_id, self._token())

    def listeners(self, event: Event) -> list[Subscription]:
        """The subscriptions, active or disabled, that ask for an event now."""
        return self._faculties.directory.listeners(self.tx, event, self._token())

    def retries_of(self, subscription: Subscription) -> RetryTable:
        """The retry table of a subscription's view in this account's environment."""
        environment = self._faculties.directory.environment(self.tx, self.account_id)
        return self.views.of(subscription).table(environment)

    def subscriptions_changed(self) -> None:
        """Call after a change of workspaces or subscriptions: this transaction then reads the tables again."""
        identity.renew_token(self.tx, self.account_id, "subscriptions")
        self._has_changed_tokens = True

    def _token(self) -> str:
        return cast(str, self.tokens["subscriptions"])

    # What it may do

    def require(self, *any_of: str) -> None:
        """Raise `Denied` unless the caller has one of the scopes."""
        if not self.principal.has_scope(*any_of):
            raise Denied(f"API key missing required scope: {any_of[0]}.", code="permission_denied")

    def within(self, account_id: str) -> Call:
        """The same call acting in another account. Only functions that checked a membership may do this."""
        return Call(
            self.tx,
            self.principal,
            self._faculties,
            request_id=self.request_id,
            base_url=self.base_url,
            route=self.route,
            account_id=account_id,
        )

    def as_system(self) -> Call:
        """The same call acting for the platform: for consequences that are not the caller's doing."""
        return Call(
            self.tx,
            system(self.account_id, self.principal.organization_id, self.principal.environment),
            self._faculties,
            request_id=self.request_id,
            base_url=self.base_url,
            route=self.route,
        )

    # What follows from it

    def emit(
        self,
        type_: str,
        *,
        subject: str,
        data: Mapping[str, object],
        workspace_id: str | None = None,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> Event:
        """Append an event of a product, its audit row and its deliveries, in this transaction.

        `data` carries ids, states and amounts, never a person's content; above 64 KiB only the ids at its top remain,
        and `truncated`. `before` and `after` go to the audit row alone. Never fails because of the workspace's state.
        """
        product = product_of(type_)
        assert product, f"{type_} does not begin with a product's word"
        self.subjects.append((product, subject))
        workspace = self.workspace(workspace_id) if workspace_id else None
        workspace = workspace or self.default_workspace()
        payload = msgspec.json.encode(data)
        if len(payload) > PRODUCT_PAYLOAD_BYTES_MAX:
            kept = {
                name: value for name, value in data.items() if isinstance(value, str | int) and len(str(value)) <= 256
            }
            payload = msgspec.json.encode({**kept, "truncated": True})
        event = self._append(workspace, type_, product, subject, payload.decode())
        audit.insert(
            self.tx,
            self.account_id,
            id_=self.new_id("aud_"),
            workspace_id=workspace_id,
            product=product,
            action=type_,
            subject=subject,
            actor=self.principal.actor,
            request_id=self.request_id,
            event_id=event.id,
            before=None if before is None else msgspec.json.encode(before).decode(),
            after=None if after is None else msgspec.json.encode(after).decode(),
        )
        return event

    def emit_from_outside(self, workspace: Workspace, type_: str, payload: str) -> Event:
        """Append an event of an outside sender; it carries the key that sent it instead of an audit row."""
        return self._append(workspace, type_, "", None, payload)

    def append_unheard(self, workspace: Workspace, type_: str, product: str, payload: str) -> Event:
        """Append an event that no subscription hears of: a test."""
        return self._write_event(workspace, type_, product, None, payload)

    def _append(self, workspace: Workspace, type_: str, product: str, subject: str | None, payload: str) -> Event:
        event = self._write_event(workspace, type_, product, subject, payload)
        fan_out(
            self.tx,
            event,
            workspace,
            directory=self._faculties.directory,
            views=self._faculties.views,
            new_id=self._faculties.ids.next,
            token=self._token(),
            patience=self._patience,
        )
        return event

    def _write_event(self, workspace: Workspace, type_: str, product: str, subject: str | None, payload: str) -> Event:
        self.tx.notify("events")
        return events.append(
            self.tx,
            self._faculties.positions,
            self.account_id,
            workspace_id=workspace.id,
            id_=self.new_id("evt_"),
            product=product,
            type_=type_,
            subject=subject,
            payload=payload,
            actor=self.principal.actor,
        )

    def erase(self, product: str, subject: str) -> None:
        """Blank everything that may hold a person's content about `subject`, and cancel what would still send it.

        Snapshots, rendered bodies, stored answers, replies kept for idempotency keys, audit before and after. The events
        themselves stay: they never held any.
        """
        # Where no view keeps snapshots the audit knows the events: what receivers answered to them may hold content too.
        told = set(snapshots.events_about(self.tx, self.account_id, product, subject))
        told |= set(audit.events_about(self.tx, self.account_id, product, subject))
        for event_id in sorted(told):
            parking.cancel_event(self.tx, self.account_id, event_id)
            parking.blank_event(self.tx, self.account_id, event_id)
        snapshots.blank_snapshots(self.tx, self.account_id, product, subject)
        audit.blank(self.tx, self.account_id, product, subject)
        idempotency.blank(self.tx, self.account_id, product, subject)
