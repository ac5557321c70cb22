"""Idempotency at the edge: the key of a request, its digest, and the sealed reply that is given again."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import msgspec

from harbor.kernel.bounds import IDEMPOTENCY_KEY_LENGTH_MAX
from harbor.kernel.call import Call
from harbor.kernel.errors import Conflict, Invalid
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Place
from harbor.kernel.idempotency import store
from harbor.kernel.storage.database import Tx
from harbor.kernel.strict import canonical_digest

_PURPOSE = "idempotency.reply"


class StillRunning(Conflict):
    """The first request with the key has not been answered yet."""


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is to be done once: its key, what it says, and on which path it says it."""

    key: str
    digest: str
    path: str
    route: str | None = None

    def look(self, tx: Tx, call: Call, place: Place) -> Reply | None:
        """The reply given before, or None. Raises `Conflict` for another body, `StillRunning` while there is none yet."""
        record = store.find(tx, self._slot(call, place))
        if record is None:
            return None
        if record.digest != self.digest:
            raise Conflict(
                f"Idempotency-Key {self.key} was already used with a different payload.", code="idempotency_conflict"
            )
        if record.is_running:
            raise StillRunning(
                f"The first request with Idempotency-Key {self.key} is still running.",
                code="idempotency_conflict",
                retry_after_s=1,
            )
        assert record.reply is not None
        kept = msgspec.json.decode(call.vault.open(call.account_id, _PURPOSE, record.reply), type=_Kept)
        headers = {**kept.headers, "Idempotent-Replayed": "true"}
        return Reply(
            record.status,
            base64.b64decode(kept.body) if kept.is_base64 else kept.body.encode(),
            headers,
            kept.media_type,
        )

    def start(self, tx: Tx, call: Call, place: Place) -> None:
        """Note that a journey is under way."""
        store.remember(tx, self._slot(call, place), digest=self.digest, status=0, reply=None, is_running=True)

    def keep(self, tx: Tx, call: Call, place: Place, reply: Reply) -> None:
        """Keep a reply, sealed: it may hold a secret that is shown once. `erase` finds it by what the call told of."""
        kept = _Kept(*_text(reply.body), dict(reply.headers), reply.media_type)
        sealed = call.vault.seal(call.account_id, _PURPOSE, msgspec.json.encode(kept).decode())
        store.remember(tx, self._slot(call, place), digest=self.digest, status=reply.status, reply=sealed)
        if call.subjects:
            store.about(tx, self._slot(call, place), *call.subjects[0])

    def drop(self, tx: Tx, call: Call, place: Place) -> None:
        """Free the key."""
        store.forget(tx, self._slot(call, place))

    def _slot(self, call: Call, place: Place) -> store.Slot:
        return store.Slot(
            account_id=call.account_id, workspace_id=place.workspace_id, route=self.route or call.route, key=self.key
        )


class _Kept(msgspec.Struct, array_like=True):
    body: str
    is_base64: bool
    headers: dict[str, str]
    media_type: str | None


def once_of(request: Request, raw: bytes) -> Once | None:
    """The idempotency of a request, or None without the header. Raises `Invalid` for a malformed key.

    What is compared is the body with sorted keys and without blanks, and the path: the same key for another object
    of the same route is another request.
    """
    key = request.header(b"idempotency-key")
    if key is None:
        return None
    if sum(name == b"idempotency-key" for name, _ in request.scope["headers"]) > 1:
        raise Invalid("Idempotency-Key is sent twice; once is possible.", field="Idempotency-Key")
    check_key(key, "Idempotency-Key")
    return Once(key, canonical_digest(raw) + request.path, request.path)


def check_key(key: str, field: str) -> None:
    """Raise `Invalid` unless `key` is 1 to 255 visible ASCII characters."""
    if not 1 <= len(key) <= IDEMPOTENCY_KEY_LENGTH_MAX or not all("!" <= letter <= "~" for letter in key):
        raise Invalid(f"{field} must have 1 to 255 visible ASCII characters.", field=field)


def _text(body: bytes) -> tuple[str, bool]:
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
