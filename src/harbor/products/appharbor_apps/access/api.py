"""The caller and their tokens on the wire. Source: docs/products/appharbor.md#user, #tokens."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.routes import Created, Route
from harbor.kernel.http.services import Services
from harbor.kernel.identity.people_model import Person
from harbor.products.appharbor_apps.access import service
from harbor.products.appharbor_apps.access.model import READ, WRITE, Token, scopes_of, user_id, username_of
from harbor.products.appharbor_apps.setup import setup_of


class MakeToken(OpenBody):
    """A personal token: its name, and what it may do."""

    name: str
    scope: str | None = None


def retrieve(call: Call) -> Person:
    """The caller."""
    return service.person_of(call)


def show_user(person: Person) -> dict[str, Any]:
    """A person: what stands after `0#` is the id that lists of collaborators show."""
    return {"id": f"0#{user_id(person.id)}", "username": username_of(person), "email_addresses": [person.email]}


def index(call: Call) -> list[Token]:
    """The caller's tokens."""
    return service.listing(call)


def create(call: Call, body: MakeToken, services: Services) -> Created[dict[str, Any]]:
    """A new token with its text, which is not shown again."""
    lifetime = setup_of(services).token_lifetime
    scopes = scopes_of((body.scope or "").replace(",", " ").split())
    token, text = service.make(call, name=body.name, scopes=scopes, lifetime=lifetime)
    return Created({**show_token(token), "access_token": text}, f"/user/tokens/{token.id}")


def delete(call: Call, token_id: str) -> None:
    """End a token."""
    service.revoke(call, token_id)


def show_token(token: Token) -> dict[str, Any]:
    """A token without its text."""
    return {
        "id": token.id,
        "name": token.name,
        "kind": token.kind.value,
        "scope": "global" if token.scopes is None else WRITE if WRITE in token.scopes else READ,
        "created": token.created_at,
        "expires": token.expires_at,
        "last_used": token.last_used_at,
    }


ROUTES = (
    Route("user.retrieve", "GET", "/user", retrieve, show=show_user, scope=READ, summary="Who the token belongs to"),
    Route("tokens.list", "GET", "/user/tokens", index, show=show_token, scope=READ, summary="List your tokens"),
    Route("tokens.create", "POST", "/user/tokens", create, scope=WRITE, writes=True, summary="Make a personal token"),
    Route(
        "tokens.delete", "DELETE", "/user/tokens/{token_id}", delete, scope=WRITE, writes=True, summary="Revoke a token"
    ),
)
