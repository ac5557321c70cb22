"""Builds on the wire: lists, one with its log, downloads, deploys, and builds of archives.

Source: docs/products/appharbor.md#builds, #build-address.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, BinaryIO

import msgspec

from harbor.kernel.blobs import Blobs
from harbor.kernel.bounds import KIB, MIB
from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid, Missing
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Created, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.products.appharbor_apps.access.callers import Access, token_of
from harbor.products.appharbor_apps.access.model import READ, WRITE
from harbor.products.appharbor_apps.applications import service as applications
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.builds import service
from harbor.products.appharbor_apps.builds.model import (
    BRANCHES_MAX,
    Build,
    LogEntry,
    Source,
    Status,
    Wanted,
)
from harbor.products.appharbor_apps.setup import setup_of
from harbor.products.appharbor_apps.telling import number_of
from harbor.products.appharbor_apps.wire import Text

COUNT_DEFAULT, COUNT_MAX = 25, 200
OFFSET_MAX = 1_000_000
UPLOAD_BYTES_MAX = 512 * MIB
_PIECE_BYTES = 256 * KIB


class ListQuery(Query):
    """Which part of the list; the only list of AppHarbor that is paged."""

    count: Annotated[int, msgspec.Meta(ge=1, le=COUNT_MAX)] = COUNT_DEFAULT
    offset: Annotated[int, msgspec.Meta(ge=0, le=OFFSET_MAX)] = 0


class Branch(OpenBody):
    """One build of an archive."""

    commit_id: str = ""
    commit_message: str = ""
    download_url: str = ""


class CreateBuild(OpenBody):
    """Builds by the name of their branch; `default` is the tracking branch."""

    branches: dict[str, Branch]


Listed = tuple[str, Build]
Detailed = tuple[str, Build, list[LogEntry]]


def index(call: Call, slug: str, query: ListQuery) -> list[Listed]:
    """Builds, the newest first."""
    return [(slug, each) for each in service.listing(call, slug, count=query.count, offset=query.offset)]


def retrieve(call: Call, slug: str, build_id: str) -> Detailed:
    """One build with its log."""
    build, entries = service.find(call, slug, number_of(build_id))
    return slug, build, entries


def log(call: Call, slug: str, build_id: str, number: str) -> Text:
    """The text behind a line of the log."""
    return Text(service.log_details(call, slug, number_of(build_id), number_of(number)))


def deploy(call: Call, slug: str, build_id: str) -> None:
    """Deploy a build again; goes on after the answer."""
    service.deploy(call, slug, number_of(build_id))


async def authorize(request: Request, services: Services) -> bool:
    """Whether a person builds, with a token of theirs. Else it must be the application's own token, looked at later."""
    access: Access = services.tools["appharbor.access"]
    token = token_of(request)
    if token is None and _own_token(request) is None:
        request.principal = await access.authenticate(request)  # refuses in the words of a missing token
    elif token is not None:
        request.principal = await access.with_token(token)
        if not request.principal.has_scope(WRITE):
            raise Missing("Not Found")
    return token is not None


def create(
    call: Call, slug: str, body: CreateBuild, prepared: bool, request: Request, services: Services
) -> Created[dict[str, Any]]:
    """Builds of archives; answers with the last of them."""
    wanted = body.branches
    if prepared:
        inside, application = applications.require(call, slug, Right.PUSH)
    else:
        inside, application = applications.require_by_build_token(call, slug, _own_token(request) or "")
    if not 1 <= len(wanted) <= BRANCHES_MAX:
        raise Invalid(f"branches must name 1 to {BRANCHES_MAX} branches.", field="branches")
    asked = [_wanted(name, branch, application, services) for name, branch in wanted.items()]
    last = service.add_all(inside, application, asked, builders_max=setup_of(services).builders_max)
    return Created({}, f"/applications/{slug}/builds/{last.id}")


def _own_token(request: Request) -> str | None:
    return next((value for name, value in request.query if name == "authorization" and value), None)


def _wanted(name: str, branch: Branch, application: Application, services: Services) -> Wanted:
    if not branch.download_url.strip():
        raise Invalid("download_url is required.", field="download_url")
    services.outbound.check_url(branch.download_url.strip(), field="download_url")
    return Wanted(
        branch=application.default_branch if name == "default" else name.strip(),
        commit_id=branch.commit_id.strip(),
        commit_message=branch.commit_message.strip(),
        source=Source.ARCHIVE,
        source_url=branch.download_url.strip(),
    )


async def upload(request: Request, services: Services, stage: RawStage, slug: str) -> Reply:
    """A build of the archive that is the body."""
    blobs: Blobs = services.tools["blobs"]

    def allowed(call: Call, _supply: Mapping[str, Any]) -> tuple[str, str]:
        inside, application = applications.require(call, slug, Right.PUSH)
        return inside.account_id, application.default_branch

    account_id, branch = await stage.read(allowed)
    blob = await blobs.receive(account_id, _pieces(stage), size_bytes_max=UPLOAD_BYTES_MAX)
    query = dict(request.query)

    def write(call: Call, _supply: Mapping[str, Any]) -> Build:
        inside, application = applications.require(call, slug, Right.PUSH)
        wanted = Wanted(
            branch=query.get("branch") or branch,
            commit_id=query.get("commit_id") or blob.sha256[:40],
            commit_message=query.get("message") or "",
            source=Source.UPLOAD,
            source_url=blob.key,
        )
        return service.add(inside, application, wanted, builders_max=setup_of(services).builders_max)

    build = await stage.write(write)
    location = f"{request.base_url}/applications/{slug}/builds/{build.id}"
    return Reply(201, b"", {"Location": location}, None)


async def download(services: Services, stage: RawStage, slug: str, build_id: str) -> Stream:
    """The artefact of a build as a gzipped tar."""
    blobs: Blobs = services.tools["blobs"]

    def look(call: Call, _supply: Mapping[str, Any]) -> Build:
        return service.require(call, slug, number_of(build_id))[1]

    build: Build = await stage.read(look)
    if build.artefact_key is None or build.status is not Status.SUCCEEDED:
        raise Missing("Not Found")
    file = await asyncio.to_thread(blobs.open, build.account_id, build.artefact_key)
    headers = {
        "Content-Type": "application/gzip",
        "Content-Length": str(build.artefact_bytes),
        "Content-Disposition": f'attachment; filename="{slug}-{build.id}.tar.gz"',
        "ETag": f'"{build.artefact_sha256}"',
    }
    return Stream(200, headers, _read(file))


async def _pieces(stage: RawStage) -> AsyncIterator[bytes]:
    is_more = True
    while is_more:
        message = await stage.receive()
        if message["type"] == "http.disconnect":
            raise Invalid("The upload broke off.")
        is_more = message.get("more_body", False)
        yield message.get("body", b"")


async def _read(file: BinaryIO) -> AsyncIterator[bytes]:
    try:
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece
    finally:
        file.close()


def show(detailed: Detailed, call: Call) -> dict[str, Any]:
    """A build with its log."""
    slug, build, entries = detailed
    base = _address(slug, build, call)
    return {
        **_shown(slug, build, call),
        "log_entries": [
            {
                "created": entry.created_at,
                "message": entry.message,
                "details_url": None if entry.details is None else f"{base}/logs/{entry.number}",
            }
            for entry in entries
        ],
    }


def show_listed(listed: Listed, call: Call) -> dict[str, Any]:
    """A build in a list, with its address."""
    slug, build = listed
    return {**_shown(slug, build, call), "url": _address(slug, build, call)}


def _shown(slug: str, build: Build, call: Call) -> dict[str, Any]:
    base = _address(slug, build, call)
    # Once above the branch and once in it: the older clients crash without the first, the documents show the second.
    commit = {"id": build.commit_id, "message": build.commit_message}
    return {
        "status": build.status.value,
        "created": build.created_at,
        "deployed": build.deployed_at,
        "branch": {"name": build.branch, "commit": dict(commit)},
        "commit": commit,
        "download_url": f"{base}/download",
        "tests_url": f"{base}/tests",
    }


def _address(slug: str, build: Build, call: Call) -> str:
    return f"{call.base_url}/applications/{slug}/builds/{build.id}"


_ALL = "/applications/{slug}/builds"
_ONE = f"{_ALL}/{{build_id}}"
ROUTES = (
    Route("builds.list", "GET", _ALL, index, show=show_listed, scope=READ, summary="List builds, the newest first"),
    Route("builds.retrieve", "GET", _ONE, retrieve, show=show, scope=READ, summary="Retrieve a build with its log"),
    Route(
        "builds.download",
        "GET",
        f"{_ONE}/download",
        download,
        scope=READ,
        raw=True,
        reply="application/gzip",
        summary="Download what was built",
    ),
    Route("builds.log", "GET", f"{_ONE}/logs/{{number}}", log, scope=READ, summary="The text behind a line of the log"),
    Route("builds.deploy", "POST", f"{_ONE}/deploy", deploy, scope=WRITE, writes=True, summary="Deploy a build again"),
    Route(
        "builds.create",
        "POST",
        _ALL,
        create,
        auth="route",
        writes=True,
        prepare=authorize,
        status=201,
        summary="Build an archive",
    ),
    Route(
        "builds.create_singular",
        "POST",
        "/application/{slug}/build",
        create,
        auth="route",
        writes=True,
        prepare=authorize,
        status=201,
        summary="Build an archive, at the older address",
    ),
    Route(
        "builds.upload",
        "PUT",
        f"{_ALL}/upload",
        upload,
        scope=WRITE,
        writes=True,
        raw=True,
        summary="Build the archive that is the body",
    ),
)
