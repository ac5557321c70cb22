"""Folders on the wire, as the older calls have them."""

from __future__ import annotations

from typing import Any, TypedDict

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Created, Place, Route
from harbor.products.harbour_agreements import scopes
from harbor.products.harbour_agreements.folders import service
from harbor.products.harbour_agreements.folders.model import Folder
from harbor.products.harbour_agreements.organizations.model import public_id
from harbor.products.harbour_agreements.v1 import Offset, iso, piece


class CreateFolder(OpenBody):
    """A new folder."""

    title: str


class FolderBody(TypedDict):
    """A folder as it is shown."""

    id: str
    title: str
    date_created: str


class FoldersBody(TypedDict):
    """A piece of the list."""

    folders: list[FolderBody]
    count: int
    next: str | None
    previous: str | None


class OrganizationsBody(TypedDict):
    """The organization of the key: it is always one."""

    organizations: list[dict[str, str]]
    count: int
    next: str | None
    previous: str | None


def of_folder(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The folder in the path."""
    return Place(workspace_id="", thing=service.visible(call, params["folder_id"]))


def index(call: Call, query: Offset, request: Request) -> FoldersBody:
    """The folders of the organization."""
    query.check()
    found = service.listed(call)
    items = [show(each) for each in found[query.offset : query.offset + query.limit]]
    shown: Any = piece("folders", items, len(found), query, request)
    return shown  # type: ignore[no-any-return]


def retrieve(place: Place) -> Folder:
    """One folder."""
    found: Folder = place.thing
    return found


def create(call: Call, body: CreateFolder) -> Created[Folder]:
    """Make a folder."""
    made = service.add(call, body.title)
    return Created(made, location=f"/v1/folders/{made.id}")


def organizations(call: Call) -> OrganizationsBody:
    """The organization of the key."""
    return {"organizations": [{"id": public_id(call.account_id)}], "count": 1, "next": None, "previous": None}


def show(folder: Folder) -> FolderBody:
    """The fields of a folder."""
    return {"id": folder.id, "title": folder.title, "date_created": iso(folder.created_at)}


_READING: dict[str, Any] = {"scope": scopes.AGREEMENTS_READ, "tags": ("Agreements",)}

ROUTES = (
    Route("folders.list", "GET", "/v1/folders", index, summary="List folders", reply=FoldersBody, **_READING),
    Route(
        "folders.retrieve",
        "GET",
        "/v1/folders/{folder_id}",
        retrieve,
        locate=of_folder,
        show=show,
        summary="Get folder",
        **_READING,
    ),
    Route(
        "folders.create",
        "POST",
        "/v1/folders",
        create,
        scope=scopes.AGREEMENTS_WRITE,
        writes=True,
        status=201,
        show=show,
        summary="Make a folder",
        tags=("Agreements",),
    ),
    Route("organizations.list", "GET", "/v1/organizations", organizations, summary="List organizations", **_READING),
)
