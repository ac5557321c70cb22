"""Git over HTTP on the wire: `/<slug>.git`, with a token or the account's password. Source: docs/products/appharbor.md#git."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Missing, Unauthenticated, Unavailable
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.products.appharbor_apps.access import service as access_service
from harbor.products.appharbor_apps.access.callers import Access, token_of
from harbor.products.appharbor_apps.access.model import READ, TOKEN, WRITE, Developer
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.git.backend import Backend
from harbor.products.appharbor_apps.git.following import take
from harbor.products.appharbor_apps.git.pushes import Say, Tip, listening
from harbor.products.appharbor_apps.git.repositories import NAME, SOCKET, Repositories
from harbor.products.appharbor_apps.oauth.api import verify_person

PULL, PUSH = "git-upload-pack", "git-receive-pack"
_PROTOCOL = re.compile(r"version=[0-9]{1,2}(?::[a-z0-9=-]{1,40})*")
_HEADERS_MAX = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """What serves repositories; handlers find it in the tools."""

    repositories: Repositories
    backend: Backend


async def refs(request: Request, services: Services, stage: RawStage) -> Stream:
    """The branches and tags, with which each pull and each push begins."""
    name = next((value for key, value in request.query if key == "service"), "")
    if name not in (PULL, PUSH):  # older programs fetch single files, which is of no use for a push
        raise Missing("Not Found")
    repository, _ = await _admitted(request, services, stage, name)
    return await _serve(request, services, stage, repository, f"/{NAME}/info/refs", f"service={name}")


async def pull(request: Request, services: Services, stage: RawStage) -> Stream:
    """What a pull asks for."""
    repository, _ = await _admitted(request, services, stage, PULL)
    return await _serve(request, services, stage, repository, f"/{NAME}/{PULL}", "")


async def push(request: Request, services: Services, stage: RawStage) -> Stream:
    """What a push brings, and the log of the build it leads to."""
    git: Git = services.tools["appharbor.git"]
    repository, application = await _admitted(request, services, stage, PUSH)

    async def received(tips: Sequence[Tip], waits: bool, say: Say) -> None:
        await take(services, stage, application, tips, base_url=request.base_url, waits=waits, say=say)

    block = listening(git.repositories, repository, received)
    socket = await block.__aenter__()
    try:
        more = {SOCKET: str(socket)}
        stream = await _serve(request, services, stage, repository, f"/{NAME}/{PUSH}", "", more)
    except BaseException:
        await block.__aexit__(None, None, None)
        raise
    return Stream(stream.status, stream.headers, _until_sent(stream.chunks, block))


async def _until_sent(chunks: AsyncIterator[bytes], block: Any) -> AsyncIterator[bytes]:
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        await chunks.aclose()  # type: ignore[attr-defined]
        await block.__aexit__(None, None, None)


async def _admitted(request: Request, services: Services, stage: RawStage, name: str) -> tuple[Path, Application]:
    """The repository, for somebody who may do this. Raises `Unauthenticated` before it says what there is."""
    git: Git = services.tools["appharbor.git"]
    request.principal = await _caller(request, services)
    is_push = name == PUSH
    if not request.principal.has_scope(WRITE if is_push else READ):
        raise Denied("This token may not push." if is_push else "This token may not read.")
    slug = request.params["slug"]

    def look(call: Call, _supply: Mapping[str, Any]) -> Application:
        return applications.require(call, slug, Right.PUSH if is_push else Right.READ)[1]

    application: Application = await stage.read(look)
    try:
        return await git.repositories.ensure(application.account_id, application.id), application
    except FileNotFoundError:
        raise Unavailable("git is not installed on this machine; send archives to the build address.") from None


async def _caller(request: Request, services: Services) -> Developer:
    access: Access = services.tools["appharbor.access"]
    bearer = token_of(request)
    if bearer is not None:
        return await access.with_token(bearer)
    name, password = _basic(request)
    if TOKEN.fullmatch(password):
        return await access.with_token(password)
    verified = await verify_person(services, name, password, request.client)
    return await services.database.read(lambda tx: access_service.resolve_person(tx, verified.person_id))


def _basic(request: Request) -> tuple[str, str]:
    scheme, _, encoded = (request.header(b"authorization") or "").strip().partition(" ")
    if scheme.lower() != "basic" or len(encoded) > 4_096:
        raise access_service.refused()
    try:
        name, separator, password = b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (NotBase64, ValueError, UnicodeDecodeError):
        raise access_service.refused() from None
    if not separator or not password:
        raise Unauthenticated("Unauthorized", code="authentication_failed")
    return name, password


async def _serve(
    request: Request,
    services: Services,
    stage: RawStage,
    repository: Path,
    path: str,
    query: str,
    more: Mapping[str, str] | None = None,
) -> Stream:
    git: Git = services.tools["appharbor.git"]
    developer = request.principal
    assert isinstance(developer, Developer), developer
    about = {
        "REQUEST_METHOD": "GET" if request.method == "HEAD" else request.method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REMOTE_USER": developer.username,
        "REMOTE_ADDR": request.client,
        "CONTENT_TYPE": (request.header(b"content-type") or "")[:_HEADERS_MAX],
        **(more or {}),
    }
    length = request.header(b"content-length")
    if length is not None and length.isdigit():
        about["CONTENT_LENGTH"] = length
    if (request.header(b"content-encoding") or "").lower() in ("gzip", "x-gzip"):
        about["HTTP_CONTENT_ENCODING"] = "gzip"
    protocol = request.header(b"git-protocol") or ""
    if _PROTOCOL.fullmatch(protocol):
        about["GIT_PROTOCOL"] = protocol
    status, headers, chunks = await git.backend.serve(repository, stage.receive, about)
    return Stream(status, headers, chunks)


ROUTES = (
    # The router knows the form, and the name stands in `request.params`; the slug is checked before anything else.
    Route("git.refs", "GET", "/{slug}.git/info/refs", refs, auth="route", raw=True, is_hidden=True),
    Route("git.pull", "POST", f"/{{slug}}.git/{PULL}", pull, auth="route", raw=True, is_hidden=True),
    Route("git.push", "POST", f"/{{slug}}.git/{PUSH}", push, auth="route", raw=True, writes=True, is_hidden=True),
)
