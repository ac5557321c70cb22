"""Configuration variables on the wire. Source: docs/products/appharbor.md#variables."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody, Query
from harbor.kernel.http.routes import Created, Route
from harbor.products.appharbor_apps.access.model import READ, WRITE
from harbor.products.appharbor_apps.config_variables import service
from harbor.products.appharbor_apps.config_variables.model import Variable
from harbor.products.appharbor_apps.telling import number_of
from harbor.products.appharbor_apps.wire import DONE, Done


class PutVariable(OpenBody):
    """Key and value; both are required."""

    key: str
    value: str


class ListQuery(Query):
    """`include=addons` lists what add-ons have set too."""

    include: str = ""


def index(call: Call, slug: str, query: ListQuery) -> list[tuple[str, Variable]]:
    """The variables, with the slug for their addresses."""
    found = service.listing(call, slug, includes_addons=query.include.lower() == "addons")
    return [(slug, each) for each in found]


def create(call: Call, slug: str, body: PutVariable) -> Created[None]:
    """A new variable."""
    added = service.add(call, slug, key=body.key, value=body.value)
    return Created(None, f"/applications/{slug}/configurationvariables/{added.id}")


def retrieve(call: Call, slug: str, variable_id: str) -> Variable:
    """One variable."""
    return service.find(call, slug, number_of(variable_id))


def edit(call: Call, slug: str, variable_id: str, body: PutVariable) -> Done:
    """Change key and value."""
    service.change(call, slug, number_of(variable_id), key=body.key, value=body.value)
    return DONE


def delete(call: Call, slug: str, variable_id: str) -> None:
    """Remove a variable."""
    service.remove(call, slug, number_of(variable_id))


def show(variable: Variable) -> dict[str, Any]:
    """A variable; one of an add-on says which."""
    shown: dict[str, Any] = {"key": variable.key, "value": variable.value}
    return shown if variable.addon_id is None else {**shown, "addon": str(variable.addon_id)}


def show_listed(listed: tuple[str, Variable], call: Call) -> dict[str, Any]:
    """A variable in a list, with its address."""
    slug, variable = listed
    url = f"{call.base_url}/applications/{slug}/configurationvariables/{variable.id}"
    return {**show(variable), "url": url}


_ALL = "/applications/{slug}/configurationvariables"
_ONE = f"{_ALL}/{{variable_id}}"
ROUTES = (
    Route("variables.list", "GET", _ALL, index, show=show_listed, scope=READ, summary="List variables"),
    Route("variables.create", "POST", _ALL, create, scope=WRITE, writes=True, status=201, summary="Add a variable"),
    Route("variables.retrieve", "GET", _ONE, retrieve, show=show, scope=READ, summary="Retrieve a variable"),
    Route("variables.edit", "PUT", _ONE, edit, scope=WRITE, writes=True, summary="Change a variable"),
    Route("variables.delete", "DELETE", _ONE, delete, scope=WRITE, writes=True, summary="Remove a variable"),
)
