"""Collaborators on the wire. Source: docs/products/appharbor.md#collaborators."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.routes import Created, Route
from harbor.kernel.http.services import Services
from harbor.products.appharbor_apps.access.model import READ, WRITE, user_id
from harbor.products.appharbor_apps.collaborators import service
from harbor.products.appharbor_apps.collaborators.model import Collaborator
from harbor.products.appharbor_apps.setup import setup_of
from harbor.products.appharbor_apps.telling import number_of
from harbor.products.appharbor_apps.wire import DONE, Done


class AddCollaborator(OpenBody, rename={"collaborator_email": "collaboratorEmail"}):
    """Whom to add, and as what."""

    collaborator_email: str
    role: str


class ChangeCollaborator(OpenBody):
    """As what."""

    role: str


def index(call: Call, slug: str) -> list[tuple[str, Collaborator]]:
    """The collaborators, with the slug for their addresses."""
    return [(slug, each) for each in service.listing(call, slug)]


def create(call: Call, slug: str, body: AddCollaborator, services: Services) -> Created[None]:
    """A new collaborator."""
    added = service.add(
        call,
        slug,
        email=body.collaborator_email,
        role=body.role,
        allows_invitations=setup_of(services).allows_invitations,
    )
    return Created(None, f"/applications/{slug}/collaborators/{added.id}")


def retrieve(call: Call, slug: str, collaborator_id: str) -> Collaborator:
    """One collaborator."""
    return service.find(call, slug, number_of(collaborator_id))


def edit(call: Call, slug: str, collaborator_id: str, body: ChangeCollaborator) -> Done:
    """Change the role."""
    service.change(call, slug, number_of(collaborator_id), role=body.role)
    return DONE


def delete(call: Call, slug: str, collaborator_id: str) -> None:
    """Remove a collaborator."""
    service.remove(call, slug, number_of(collaborator_id))


def show(collaborator: Collaborator) -> dict[str, Any]:
    """A collaborator. An invited person has no id yet."""
    id_ = None if collaborator.person_id is None else user_id(collaborator.person_id)
    return {"user": {"id": id_, "name": collaborator.name}, "role": collaborator.role.value}


def show_listed(listed: tuple[str, Collaborator], call: Call) -> dict[str, Any]:
    """A collaborator in a list, with its address."""
    slug, collaborator = listed
    url = f"{call.base_url}/applications/{slug}/collaborators/{collaborator.id}"
    return {**show(collaborator), "url": url}


_ALL = "/applications/{slug}/collaborators"
_ONE = f"{_ALL}/{{collaborator_id}}"
ROUTES = (
    Route("collaborators.list", "GET", _ALL, index, show=show_listed, scope=READ, summary="List collaborators"),
    Route(
        "collaborators.create",
        "POST",
        _ALL,
        create,
        scope=WRITE,
        writes=True,
        status=201,
        summary="Add a collaborator",
    ),
    Route("collaborators.retrieve", "GET", _ONE, retrieve, show=show, scope=READ, summary="Retrieve a collaborator"),
    Route("collaborators.edit", "PUT", _ONE, edit, scope=WRITE, writes=True, summary="Change a collaborator's role"),
    Route("collaborators.delete", "DELETE", _ONE, delete, scope=WRITE, writes=True, summary="Remove a collaborator"),
)
