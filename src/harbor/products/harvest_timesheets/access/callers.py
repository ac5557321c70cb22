"""From a request to its caller: Bearer token and account, in headers or in the query.

A caller is remembered while nothing changes about tokens and roles of the account, and is confirmed by the transaction.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from harbor.kernel.errors import Unauthenticated
from harbor.kernel.http.request import Request
from harbor.kernel.identity.model import Principal
from harbor.kernel.identity.secrets import digest
from harbor.kernel.storage.database import Database, Tx
from harbor.products.harvest_timesheets.access import service
from harbor.products.harvest_timesheets.access.model import TOKEN, Member

_REMEMBERED_MAX = 10_000
_NUMBER_DIGITS_MAX = 18
# What is no number names no account. It is refused after the token, which may be bad too.
_NO_ACCOUNT = -1

# Paths that are asked with a token alone, to learn which accounts there are. The route is not known yet.
WITHOUT_ACCOUNT = frozenset({"/api/v2/accounts"})


class Access:
    """Finds callers. `used` hears of each token that was used, to note when."""

    def __init__(self, database: Database, used: Callable[[str, str], None] = lambda _account, _token: None) -> None:
        self._database = database
        self._used = used
        self._known: OrderedDict[tuple[str, int | None], Member] = OrderedDict()

    async def authenticate(self, request: Request) -> Member:
        """The caller. Raises `Unauthenticated`, also without an account, and `Missing` for one out of reach."""
        text = _token(request)
        if text is None or not TOKEN.fullmatch(text):
            raise Unauthenticated("The token is missing or malformed.")
        asked = request.header(b"harvest-account-id") or _last(request, "account_id")
        number = None
        if _needs_account(request):
            number = _number(asked)
        key = digest(text)
        member = self._known.get((key, number))
        if member is None:
            member = await self._database.read(lambda tx: self._resolve(tx, key, number))
        self._used(member.account_id, member.token_id)
        return member

    def confirm(self, tx: Tx, request: Request, principal: Principal) -> Member:
        """The caller as this transaction sees them. Raises like `authenticate`."""
        assert isinstance(principal, Member), principal.actor
        assert principal.digest is not None, principal.actor
        is_fresh = principal.token == service.rights_token(tx, principal.account_id)
        if is_fresh and (principal.expires_at is None or principal.expires_at > tx.now):
            return principal
        number = principal.account_number if _needs_account(request) else None
        return self._resolve(tx, principal.digest, number)

    def _resolve(self, tx: Tx, key: str, number: int | None) -> Member:
        self._known.pop((key, number), None)
        member = service.resolve(tx, key, number)
        if len(self._known) >= _REMEMBERED_MAX:
            self._known.popitem(last=False)
        self._known[key, number] = member
        return member


def _needs_account(request: Request) -> bool:
    return request.path.removesuffix("/") not in WITHOUT_ACCOUNT


def _token(request: Request) -> str | None:
    header = request.header(b"authorization")
    if header is not None:
        scheme, _, text = header.strip().partition(" ")
        return text.strip() if scheme.lower() == "bearer" else None
    return _last(request, "access_token")


def _number(text: str | None) -> int:
    if text is None or not text.strip():
        raise Unauthenticated("The account is missing.")
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _NUMBER_DIGITS_MAX):
        return _NO_ACCOUNT
    return int(text)


def _last(request: Request, name: str) -> str | None:
    return next((value for key, value in reversed(request.query) if key == name), None)
