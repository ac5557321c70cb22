"""Sessions made and opened."""

from __future__ import annotations

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid, Missing
from harbor.kernel.identity.secrets import digest
from harbor.products.appharbor_apps.access.model import TOKEN, new_guid
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.log_sessions import store
from harbor.products.appharbor_apps.log_sessions.model import LIMIT_MAX, OPEN_WITHIN, LogSession
from harbor.products.appharbor_apps.telling import tell

FILTER_LENGTH_MAX = 100


def create(
    call: Call, slug: str, *, tail: bool, limit: int, source_filter: str | None, process_filter: str | None
) -> str:
    """The secret of a new session, which stands in its address."""
    call, application = applications.require(call, slug, Right.READ)
    if limit < 0:
        raise Invalid("limit must not be negative.", field="limit")
    secret = new_guid()
    session = LogSession(
        account_id=call.account_id,
        digest=digest(secret),
        application_id=application.id,
        tail=tail,
        line_limit=min(limit, LIMIT_MAX),
        source_filter=_filter(source_filter, "sourceFilter"),
        process_filter=_filter(process_filter, "processFilter"),
        created_at=call.tx.now,
        expires_at=call.tx.now + OPEN_WITHIN,
        opened_at=None,
    )
    store.insert(call.tx, call.account_id, session)
    tell(call, "log_session.created", application.id, tail=tail)
    return secret


def open_(call: Call, secret: str) -> tuple[LogSession, Application]:
    """The session behind an address, whose one opening this is. Raises `Missing`."""
    session = store.by_digest(call.tx, digest(secret.lower())) if TOKEN.fullmatch(secret) else None
    if session is None or not store.open_(call.tx, session.account_id, session.digest):
        raise Missing("There is no such session, it was opened before, or it was not opened within a minute.")
    application = applications.find_in(call, session.account_id, session.application_id)
    if application is None:
        raise Missing("Not Found")
    return session, application


def _filter(text: str | None, name: str) -> str | None:
    if text is None or not text.strip():
        return None
    if len(text) > FILTER_LENGTH_MAX:
        raise Invalid(f"{name} has more than {FILTER_LENGTH_MAX} characters.", field=name)
    return text.strip()
