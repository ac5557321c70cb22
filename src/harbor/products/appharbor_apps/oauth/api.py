"""OAuth on the wire: the authorize address, tokens in forms of two pairs, clients and grants.

Source: docs/products/appharbor.md#oauth.
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import urlencode

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Invalid, Unauthenticated
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Created, Route
from harbor.kernel.http.services import Services
from harbor.kernel.identity import people_store, second_factor, sign_in
from harbor.kernel.identity.people_model import Person
from harbor.products.appharbor_apps import bodies
from harbor.products.appharbor_apps.access import service as access
from harbor.products.appharbor_apps.access.model import READ, WRITE, Token, TokenKind
from harbor.products.appharbor_apps.oauth import service
from harbor.products.appharbor_apps.oauth.model import Client, Given
from harbor.products.appharbor_apps.setup import setup_of
from harbor.products.appharbor_apps.wire import HTML, Pairs, Text

_PAGE = "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1><p>{text}</p></html>"


class TokenFields(OpenBody):
    """What a client sends for a token; in the body or in the query."""

    client_id: str | None = None
    client_secret: str | None = None
    code: str | None = None
    redirect_uri: str | None = None
    code_verifier: str | None = None


class PasswordFields(OpenBody):
    """The sign-in of the command line client."""

    username: str = ""
    password: str = ""


class RegisterClient(OpenBody):
    """A program that wants to act for people."""

    name: str
    callback_url: str
    application_url: str


def authorize(call: Call, request: Request, services: Services) -> Answer:
    """Lead the browser to the consent page, or say in a page why not. Nobody unknown is ever sent to."""
    query = dict(request.query)
    try:
        service.ask(call, query)
    except Invalid as refused:
        page = _PAGE.format(title="This cannot be authorized", text=escape(refused.message))
        return Answer(400, Text(page, HTML))
    query.pop("access_token", None)
    return Answer(302, None, {"Location": f"{setup_of(services).consent_page}?{urlencode(query)}"})


def exchange(call: Call, body: TokenFields, request: Request, services: Services) -> Answer:
    """The token as two pairs, or JSON for a client that asks for nothing else."""
    query = bodies.decode(request, dict(request.query), TokenFields)
    given = Given(
        client_id=body.client_id or query.client_id,
        client_secret=body.client_secret or query.client_secret,
        code=body.code or query.code,
        redirect_uri=body.redirect_uri or query.redirect_uri,
        verifier=body.code_verifier or query.code_verifier,
    )
    result = service.exchange(call, given, lifetime=setup_of(services).token_lifetime)
    is_json = wants_json(request.header(b"accept") or "")
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    if result.access_token is None:
        answer: object = {"error": result.error} if is_json else Pairs((("error", result.error or ""),))
        return Answer(400, answer, headers)
    if not is_json:
        return Answer(200, Pairs((("access_token", result.access_token), ("token_type", "bearer"))), headers)
    token: dict[str, Any] = {"access_token": result.access_token, "token_type": "bearer"}
    if result.expires_in_s is not None:
        token["expires_in"] = result.expires_in_s
    return Answer(200, token, headers)


def wants_json(accept: str) -> bool:
    """Whether a client of OAuth asks for JSON and for nothing else: RestSharp names JSON, XML and more, and reads a form."""
    asked = [essence for each in accept.split(",") if (essence := each.partition(";")[0].strip().lower())]
    return "application/json" in asked and not any("*" in essence or "xml" in essence for essence in asked)


async def verify_password(value: object, request: Request, services: Services) -> sign_in.Verified:
    """Who signs in with a name and a password. Raises `Unauthenticated` in the same words whatever is wrong."""
    if not setup_of(services).allows_password_login:
        raise Denied("Signing in with a password is switched off; use a token.")
    fields = bodies.decode(request, value, PasswordFields)
    return await verify_person(services, fields.username, fields.password, request.client)


async def verify_person(services: Services, name: str, password: str, address: str) -> sign_in.Verified:
    """Who signs in with a username or an e-mail. Whoever has a second step uses a token instead."""
    named = await services.database.read(lambda tx: people_store.by_username(tx, name.strip().lower()))
    verified = await sign_in.verify(
        services.database,
        services.tools["passwords"],
        services.tools["sign_in_throttle"],
        email=named.email if named is not None else name,
        password=password,
        address=address,
        now=services.clock.now(),
    )

    def has_second_step(tx: Any) -> bool:
        person = people_store.find(tx, verified.organization_id, verified.person_id)
        if person is None:
            return True
        account = access.developer(tx, person, None).account_id
        return second_factor.find(tx, account, person.id) is not None

    if await services.database.read(has_second_step):
        raise Unauthenticated("Use a personal token as the password.", code="second_step_needed")
    return verified


def sign_in_with_password(call: Call, prepared: sign_in.Verified) -> Answer:
    """A token for somebody whose password was right."""
    person = people_store.find(call.tx, prepared.organization_id, prepared.person_id)
    if person is None or not person.is_active or person.password_hash != prepared.password_hash:
        raise Unauthenticated("The e-mail or the password is wrong.", code="sign_in_refused")
    text = _password_token(call, person)
    return Answer(200, Pairs((("access_token", text), ("token_type", "bearer"))), {"Cache-Control": "no-store"})


def _password_token(call: Call, person: Person) -> str:
    _, text = access.mint(call, person=person, name="Command line", kind=TokenKind.PASSWORD)
    return text


def clients(call: Call) -> list[Client]:
    """The clients of the caller's account."""
    return service.listing(call)


def register(call: Call, body: RegisterClient) -> Created[dict[str, Any]]:
    """A new client with its secret, which is not shown again."""
    client, secret = service.register(
        call, name=body.name, callback_url=body.callback_url, application_url=body.application_url
    )
    return Created({**show_client(client), "client_secret": secret}, f"/clients/{client.id}")


def remove(call: Call, client_id: str) -> None:
    """Remove a client."""
    service.remove(call, client_id)


def show_client(client: Client) -> dict[str, Any]:
    """A client without its secret."""
    return {
        "client_id": client.id,
        "name": client.name,
        "callback_url": client.callback_url,
        "application_url": client.application_url,
        "created": client.created_at,
    }


def grants(call: Call) -> list[tuple[Client, list[Token]]]:
    """The clients that may act for the caller."""
    return service.grants(call)


def show_grant(grant: tuple[Client, list[Token]]) -> dict[str, Any]:
    """A client and since when it may act."""
    client, tokens = grant
    return {
        "client_id": client.id,
        "name": client.name,
        "application_url": client.application_url,
        "tokens": len(tokens),
        "created": tokens[-1].created_at,
        "last_used": max((token.last_used_at for token in tokens if token.last_used_at), default=None),
    }


def revoke_grant(call: Call, client_id: str) -> None:
    """End what a client may do for the caller."""
    service.revoke_grant(call, client_id)


ROUTES = (
    Route(
        "oauth.authorize", "GET", "/user/authorizations/new", authorize, auth="none", summary="Ask a person for access"
    ),
    Route("oauth.token", "POST", "/tokens", exchange, auth="none", writes=True, summary="Exchange a code for a token"),
    Route(
        "oauth.password",
        "POST",
        "/token",
        sign_in_with_password,
        auth="none",
        writes=True,
        prepare=verify_password,
        takes=PasswordFields,
        summary="Sign in with name and password",
    ),
    Route("clients.list", "GET", "/clients", clients, show=show_client, scope=READ, summary="List your clients"),
    Route("clients.create", "POST", "/clients", register, scope=WRITE, writes=True, summary="Register a client"),
    Route(
        "clients.delete", "DELETE", "/clients/{client_id}", remove, scope=WRITE, writes=True, summary="Remove a client"
    ),
    Route("grants.list", "GET", "/user/authorizations", grants, show=show_grant, scope=READ, summary="List grants"),
    Route(
        "grants.delete",
        "DELETE",
        "/user/authorizations/{client_id}",
        revoke_grant,
        scope=WRITE,
        writes=True,
        summary="Revoke a grant",
    ),
)
