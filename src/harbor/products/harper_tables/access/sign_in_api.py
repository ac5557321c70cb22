"""Signing in on the wire: create_authentication_tokens, refresh_operation_token, login, logout.

These run without an identity: what they need is in the body or the headers, and is looked at before the transaction.
Source: docs/products/harper.md#tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.clock import micros
from harbor.kernel.errors import Denied, Unauthenticated, Unsupported
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer
from harbor.kernel.http.services import Services
from harbor.kernel.identity.secrets import digest
from harbor.products.harper_tables import credentials
from harbor.products.harper_tables.access import sessions, sign_in, tokens
from harbor.products.harper_tables.access.tokens import Purpose
from harbor.products.harper_tables.access.user_access import Known, UserAccess, invalid_token
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import login_failed

_GROUP = "Signing in"


@dataclass(frozen=True, slots=True)
class Minted:
    """Tokens before they are given away, and for whom."""

    known: Known
    operation_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)


def sign_in_operations(users: UserAccess | None, compat: Compat = Compat.V5) -> tuple[Operation, ...]:
    """The operations of these users; None where there are none."""
    before = _SignIn(users, compat)
    return (
        Operation(
            name="create_authentication_tokens",
            handler=create_authentication_tokens,
            prepare=before.tokens,
            auth="none",
            writes=True,
            group=_GROUP,
            summary="Tokens for who signs in",
        ),
        Operation(
            name="refresh_operation_token",
            handler=refresh_operation_token,
            prepare=before.refresh,
            auth="none",
            group=_GROUP,
            summary="A new token for operations",
        ),
        Operation(
            name="login",
            handler=login,
            prepare=before.login,
            auth="none",
            writes=True,
            group=_GROUP,
            summary="Begin a session",
        ),
        Operation(name="logout", handler=logout, auth="none", writes=True, group=_GROUP, summary="End the session"),
    )


def create_authentication_tokens(call: Call, prepared: Minted) -> dict[str, str]:
    """A token for operations and one to fetch more, for who signs in or is signed in. The newest of the latter counts."""
    if prepared.refresh_token is None:
        return {"operation_token": prepared.operation_token}
    if not sign_in.keep_refresh_token(call, prepared.known.user, digest(prepared.refresh_token)):
        raise invalid_credentials()
    return {"operation_token": prepared.operation_token, "refresh_token": prepared.refresh_token}


def refresh_operation_token(call: Call, prepared: tuple[Known, str, str]) -> dict[str, str]:
    """A new token for operations, for who has the newest refresh token."""
    known, refresh_token, operation_token = prepared
    if not sign_in.has_refresh_token(call, known.user, digest(refresh_token)):
        raise invalid_token()
    return {"operation_token": operation_token}


def login(call: Call, request: Request, prepared: Known) -> Answer:
    """Begin a session; its secret goes into a cookie."""
    if not sign_in.is_still(call, prepared.user):
        raise login_failed()
    cookie = sessions.begin(call, prepared.user, request)
    return Answer(200, "Login successful", {"Set-Cookie": cookie, "X-Hdb-Session": "Secure"})


def logout(call: Call, request: Request) -> Answer:
    """End the session."""
    cookie = sessions.end(call, request)
    if cookie is None:
        raise no_session()
    return Answer(200, "Logout successful", {"Set-Cookie": cookie})


def no_session() -> Unauthenticated:
    """There is none, or there are none at all here."""
    return Unauthenticated("No session for login", code="no_session")


def invalid_credentials() -> Unauthenticated:
    """Name and password that do not belong together, or one of them alone."""
    return Unauthenticated("invalid credentials", code="invalid_credentials")


def _is_role(role: object) -> bool:
    return (isinstance(role, str) and bool(role)) or (
        isinstance(role, dict) and isinstance(role.get("permission"), dict)
    )


class _SignIn:
    """What is looked at before the transactions of these operations."""

    def __init__(self, users: UserAccess | None, compat: Compat) -> None:
        self._known_users = users
        self._compat = compat

    @property
    def _users(self) -> UserAccess:
        if self._known_users is None:
            raise Unsupported("There are no users here to sign in.", code="no_users")
        return self._known_users

    async def tokens(self, value: object, request: Request, services: Services) -> Minted:
        """Who asks, and their tokens."""
        fields = Fields(value if isinstance(value, dict) else {})
        username, password = fields.text("username"), fields.text("password")
        lifetime_s = self._users.lifetimes.operation_s
        if fields.has("expires_in"):
            asked = tokens.duration_s(fields.raw("expires_in"))
            if asked is None:
                fields.refuse("'expires_in' must be a duration like 30m or 1d", field="expires_in")
            lifetime_s = asked or lifetime_s
        role = fields.raw("role")
        if role is not None and not _is_role(role):
            fields.refuse("'role' must be a string or an object with a permission", field="role")
        fields.check()
        known = await self._who(request, services, username, password)
        if isinstance(role, dict) and not known.rights.is_super_user:
            raise Denied("Only super_user can create a token with an inline role", code="inline_role_denied")
        more = {} if role is None else {"role": role}
        operation = await self._signed(services, known, Purpose.OPERATION, lifetime_s, more)
        # A token for part of the rights comes without one that would fetch tokens for all of them.
        refresh = None
        if role is None:
            refresh = await self._signed(services, known, Purpose.REFRESH, self._users.lifetimes.refresh_s, {})
        return Minted(known, operation, refresh)

    async def refresh(self, value: object, request: Request, services: Services) -> tuple[Known, str, str]:
        """Whose the refresh token is, the token, and a new operation token."""
        fields = Fields(value if isinstance(value, dict) else {})
        token = credentials.bearer(request) or fields.text("refresh_token", required=True)
        fields.check()
        known, _ = await self._users.by_token(token, Purpose.REFRESH)
        made = await self._signed(services, known, Purpose.OPERATION, self._users.lifetimes.operation_s, {})
        return known, token, made

    async def login(self, value: object, request: Request, services: Services) -> Known:
        """Who logs in."""
        fields = Fields(value if isinstance(value, dict) else {})
        username, password = fields.text("username", required=True), fields.text("password", required=True)
        fields.check()
        if not self._users.has_sessions:
            raise no_session()
        return await self._users.by_password(username, password, address=request.client)

    async def _who(self, request: Request, services: Services, username: str, password: str) -> Known:
        access = self._users
        if username and password:
            try:
                return await access.by_password(username, password, address=request.client)
            except Unauthenticated as error:
                raise invalid_credentials() if error.code == "login_failed" else error from None
        if username or password:
            raise invalid_credentials()
        caller = await access.authenticate(request)
        return await access.confirmed(request, caller)

    async def _signed(
        self, services: Services, known: Known, purpose: Purpose, lifetime_s: int, more: Mapping[str, Any]
    ) -> str:
        key = await self._users.keys.signing(
            known.user.account_id, services.faculties.vault, services.faculties.ids.next
        )
        now_s = micros(services.clock.now()) // 1_000_000
        claims = {
            "username": known.user.username,
            "super_user": known.rights.is_super_user,
            "iat": now_s,
            "exp": now_s + lifetime_s,
            "sub": purpose.value,
            "seed": known.user.seed,
            # Two tokens of one second differ, so that only one of them is the newest.
            "jti": services.faculties.ids.next("hpt_"),
        }
        if self._compat is Compat.V4:
            claims["cluster_user"] = known.role is not None and known.role.permission.get("cluster_user") is True
        return tokens.sign(key.private_key, key.id, {**claims, **more})
