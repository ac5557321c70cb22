"""The callers of an installation with users: Basic credentials, tokens and sessions, and who stands behind them.

What is known of a user is remembered under their name together with the account's token `roles`, which every change of
a user or role renews. `confirm` reads that token in the transaction that acts: a changed password, a changed role or a
dropped user counts from its commit on, on every process.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from ipaddress import ip_address
from typing import NoReturn

from harbor.kernel.clock import micros, moment
from harbor.kernel.errors import Denied, Unauthenticated
from harbor.kernel.http.request import Request
from harbor.kernel.identity import store as identity
from harbor.kernel.identity.model import Environment
from harbor.kernel.identity.passwords import PasswordWorkers
from harbor.kernel.identity.secrets import digest
from harbor.kernel.identity.sign_in_throttle import SignInThrottle
from harbor.kernel.identity.verified import VerifiedPasswords
from harbor.kernel.storage.database import Database, Tx
from harbor.products.harper_tables import credentials
from harbor.products.harper_tables.access import credentials_store, impersonation, sessions, store
from harbor.products.harper_tables.access.caller import Caller
from harbor.products.harper_tables.access.model import Role, StoredUser
from harbor.products.harper_tables.access.proving import Proving
from harbor.products.harper_tables.access.role_rights import RoleRights
from harbor.products.harper_tables.access.token_keys import TokenKeys
from harbor.products.harper_tables.access.tokens import DEFAULT_LIFETIMES, Claims, Lifetimes, Purpose
from harbor.products.harper_tables.refusals import login_failed, must_login
from harbor.products.harper_tables.rights import EverythingAllowed, Rights, User

_REMEMBERED_MAX = 10_000
_PORT = re.compile(r":\d+\Z")
_OF_PROXIES = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip", b"via")


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is remembered of a user: good while the account's token is `token`."""

    user: StoredUser
    role: Role | None
    rights: Rights
    organization_id: str
    environment: Environment
    token: str

    @cached_property
    def by_password(self) -> Caller:
        """The user as a caller who has given the password; made once, for it is the same each time."""
        return replace(self.caller(), password_hash=self.user.password_hash)

    def caller(self) -> Caller:
        """The user as a caller."""
        return Caller(
            account_id=self.user.account_id,
            organization_id=self.organization_id,
            environment=self.environment,
            actor=self.user.username,
            username=self.user.username,
            rights=self.rights,
            token=self.token,
            has_role=self.role is not None,
            shown_as=self.user.username,
        )


class UserAccess:
    """Where callers come from. For one event loop; `confirm` may run on any thread."""

    def __init__(
        self,
        database: Database,
        passwords: PasswordWorkers,
        throttle: SignInThrottle,
        now: Callable[[], datetime],
        *,
        verified: VerifiedPasswords | None = None,
        lifetimes: Lifetimes = DEFAULT_LIFETIMES,
        has_sessions: bool = True,
        authorizes_local: bool = False,
        trusted_listeners: frozenset[str] = frozenset(),
    ) -> None:
        self.lifetimes = lifetimes
        self.has_sessions = has_sessions
        self._authorizes_local = authorizes_local
        self._trusted_listeners = trusted_listeners
        self._database = database
        self._now = now
        self._proving = Proving(passwords, throttle, now, verified)
        self._known: OrderedDict[str, Known] = OrderedDict()
        # By the mark of a header: whom its credentials proved to be, and the entry of their password.
        self._proved: OrderedDict[bytes, tuple[Known, bytes]] = OrderedDict()
        self.keys = TokenKeys(database)

    async def authenticate(self, request: Request) -> Caller:
        """The caller by Basic credentials, else a token, else a session, else this machine. Raises `Unauthenticated`."""
        header = request.header(b"authorization")
        if header is not None:
            return await self._by_header(request, header)
        if self.has_sessions and (secret := sessions.secret_of(request)) is not None:
            return await self._by_session(request, digest(secret))
        if request.mount.listener in self._trusted_listeners or (self._authorizes_local and is_local(request)):
            return await self._by_machine()
        raise must_login()

    async def _by_header(self, request: Request, header: str) -> Caller:
        mark = self._proving.mark(header)
        if (proved := self._once_more(mark)) is not None:
            return proved.by_password
        if (pair := credentials.basic(request)) is not None:
            known = await self.by_password(*pair, address=request.client)
            self._keep(mark, known, self._proving.entry(known.user, pair[1]))
            return known.by_password
        if (token := credentials.bearer(request)) is not None:
            known, claims = await self.by_token(token, Purpose.OPERATION)
            return replace(known.caller(), seed=claims.seed, expires_at=moment(claims.expires_s * 1_000_000))
        raise login_failed()

    def _once_more(self, mark: bytes) -> Known | None:
        """Whom a header proved to be a moment ago: while its password is remembered and nothing else is known of them."""
        found = self._proved.get(mark)
        if found is None:
            return None
        known, entry = found
        if self._known.get(known.user.username) is known and self._proving.is_fresh(entry):
            return known
        del self._proved[mark]
        return None

    def _keep(self, mark: bytes, known: Known, entry: bytes) -> None:
        self._proved[mark] = (known, entry)
        if len(self._proved) > _REMEMBERED_MAX:
            self._proved.popitem(last=False)

    async def by_password(self, username: str, password: str, *, address: str) -> Known:
        """The user whose password this is. Raises `Unauthenticated`, or `Limited` after too many failures."""
        known = self._active(username)
        if known is None or not self._proving.remembers(known.user, password):
            known = await self._read(username)
            user = None if known is None else known.user
            if not await self._proving.is_right(user, username, password, address):
                raise login_failed()
        assert known is not None, "nobody has no password"
        if not known.user.is_active:
            raise inactive()
        return known

    async def by_token(self, token: str, purpose: Purpose) -> tuple[Known, Claims]:
        """The user of a good token that is for this purpose, and what it says. Raises `Unauthenticated`."""
        found = await self.keys.read(token)
        if found is None or found.claims.purpose is not purpose or found.claims.has_role:
            raise invalid_token()
        known = self._active(found.claims.username)
        if known is None or known.user.seed != found.claims.seed:
            known = await self._read(found.claims.username)
        # A key signs for the users of its account alone.
        if known is None or known.user.seed != found.claims.seed or known.user.account_id != found.account_id:
            raise invalid_token()
        if found.claims.expires_s * 1_000_000 <= micros(self._now()):
            raise token_expired()
        if not known.user.is_active:
            raise inactive()
        return known, found.claims

    async def confirmed(self, request: Request, caller: Caller) -> Known:
        """What there is to know of a caller now: for operations that look before their transaction."""

        def look(tx: Tx) -> Known | None:
            self._confirmed(tx, caller)
            return self._resolve(tx, caller.username)

        known = await self._database.read(look)
        if known is None:
            raise must_login()
        return known

    def confirm(self, tx: Tx, request: Request, user: User) -> User:
        """The same caller as this transaction sees them. Raises `Unauthenticated`, or `Denied` without a role."""
        assert isinstance(user, Caller), type(user)
        confirmed = self._confirmed(tx, user)
        if not confirmed.has_role:
            raise no_role(user.username)
        return impersonation.applied(tx, request, confirmed)

    def _confirmed(self, tx: Tx, user: Caller) -> Caller:
        if user.expires_at is not None and user.expires_at <= tx.now:
            raise token_expired() if user.session is None else must_login()
        if user.session is not None and credentials_store.session(tx, user.session) is None:
            raise must_login()
        present = str(identity.tokens(tx, user.account_id)["roles"])
        return user if user.token == present else self._again(tx, user, present)

    def _again(self, tx: Tx, user: Caller, present: str) -> Caller:
        known = self._resolve(tx, user.username, user.account_id, present)
        if known is None or not _is_still(known.user, user):
            _refuse(user)
        if not known.user.is_active:
            raise inactive()
        return replace(
            known.caller(),
            password_hash=user.password_hash,
            seed=user.seed,
            session=user.session,
            expires_at=user.expires_at,
        )

    async def _by_session(self, request: Request, key: str) -> Caller:
        found = await self._database.read(lambda tx: credentials_store.session(tx, key))
        if found is None or found.origin != sessions.origin_of(request) or found.expires_at <= micros(self._now()):
            raise must_login()
        known = self._active(found.username) or await self._read(found.username)
        if known is None or known.user.id != found.user_id:
            raise must_login()
        if not known.user.is_active:
            raise inactive()
        return replace(known.caller(), session=key, expires_at=moment(found.expires_at))

    async def _by_machine(self) -> Caller:
        """The operator's oldest active super user."""
        username = await self._database.read(_first_super_user)
        known = None if username is None else self._active(username) or await self._read(username)
        if known is None or not known.rights.is_super_user:
            raise must_login()
        return known.caller()

    def _active(self, username: str) -> Known | None:
        """What is remembered of a user. Nobody is refused by what was remembered: then it is read again."""
        known = self._known.get(username)
        return known if known is not None and known.user.is_active else None

    async def _read(self, username: str) -> Known | None:
        return await self._database.read(lambda tx: self._resolve(tx, username))

    def _resolve(self, tx: Tx, username: str, account_id: str | None = None, token: str | None = None) -> Known | None:
        """What there is to know. `token` was read before: what changes after it makes what is found here stale at once."""
        user = store.user_anywhere(tx, username)
        if user is None or (account_id is not None and user.account_id != account_id):
            self._known.pop(username, None)
            return None
        account = identity.account(tx, user.account_id)
        assert account is not None, user.id
        role = store.role(tx, user.account_id, user.role_id)
        known = Known(
            user=user,
            role=role,
            rights=rights_of(role),
            organization_id=account.organization_id,
            environment=account.environment,
            token=token or str(identity.tokens(tx, user.account_id)["roles"]),
        )
        self._known[username] = known
        while len(self._known) > _REMEMBERED_MAX:
            self._known.popitem(last=False)
        return known


def rights_of(role: Role | None) -> Rights:
    """What a role gives; without one nothing."""
    if role is None:
        return RoleRights({})
    return EverythingAllowed() if role.is_super_user else RoleRights(role.permission)


def _first_super_user(tx: Tx) -> str | None:
    operator = identity.operator(tx)
    accounts = {} if operator is None else identity.accounts_of(tx, operator.id)
    for account in sorted(accounts.values(), key=lambda each: each.environment is not Environment.PRODUCTION):
        roles = {role.id for role in store.roles(tx, account.id) if role.is_super_user}
        found = [each for each in store.users(tx, account.id) if each.is_active and each.role_id in roles]
        if found:
            return min(found, key=lambda each: (each.created_at, each.username)).username
    return None


def is_local(request: Request) -> bool:
    """Whether a request comes from this machine itself, and not through a proxy that runs here, or from a page elsewhere.

    A browser on this machine sends what any page tells it to. The page's origin is told, and a name that was made to
    lead here is not one of this machine.
    """
    if any(request.header(name) is not None for name in _OF_PROXIES):
        return False
    host = request.header(b"host")
    if host is not None and not _is_loopback(_PORT.sub("", host).strip("[]")):
        return False
    origin = request.header(b"origin")
    if origin is not None and origin != f"{request.scope.get('scheme', 'http')}://{host}":
        return False
    return _is_loopback(request.client)


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def inactive() -> Unauthenticated:
    """The user is known and may not call at present."""
    return Unauthenticated("Cannot complete request: User is inactive", code="user_inactive")


def invalid_token() -> Unauthenticated:
    """A token that is none of ours, or not for this."""
    return Unauthenticated("invalid token", code="invalid_token")


def token_expired() -> Unauthenticated:
    """A token whose time is over."""
    return Unauthenticated("token expired", code="token_expired")


def no_role(username: str) -> Denied:
    """The role of the user is gone."""
    return Denied(f"User {username} has no role or permissions.  Please assign the user a valid role.", code="no_role")


def _is_still(present: StoredUser, user: Caller) -> bool:
    """Whether what a caller was known by is still theirs. A session of theirs was looked up by itself."""
    if user.seed is not None:
        return present.seed == user.seed
    return user.password_hash is None or present.password_hash == user.password_hash


def _refuse(user: Caller) -> NoReturn:
    if user.seed is not None:
        raise invalid_token()
    raise login_failed() if user.password_hash is not None else must_login()
