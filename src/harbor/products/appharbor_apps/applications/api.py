"""Applications on the wire. Source: docs/products/appharbor.md#applications."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType, structs

from harbor.kernel.call import Call
from harbor.kernel.http.decode import OpenBody
from harbor.kernel.http.routes import Created, Route
from harbor.kernel.http.services import Services
from harbor.products.appharbor_apps.access.model import READ, WRITE
from harbor.products.appharbor_apps.applications import service
from harbor.products.appharbor_apps.applications.model import Application, Right
from harbor.products.appharbor_apps.setup import REGIONS, setup_of
from harbor.products.appharbor_apps.wire import DONE, HTML, Done, Text

HEADER = '<header class="appharbor-header"><a href="{base}/">Harbor</a></header>'


class CreateApplication(OpenBody):
    """A new application. Older clients send null for the region."""

    name: str
    region_identifier: str | None = None


class EditApplication(OpenBody, rename={"is_file_system_writable": "isFileSystemWritable"}):
    """What can be changed; what is not sent stays."""

    name: str | UnsetType = UNSET
    is_file_system_writable: bool | UnsetType = UNSET
    tracking_branch: str | UnsetType = UNSET
    environment_name: str | UnsetType = UNSET
    precompilation: bool | UnsetType = UNSET
    build_command: str | UnsetType = UNSET
    test_command: str | UnsetType = UNSET
    health_check_path: str | UnsetType = UNSET
    fail_on_test_failure: bool | UnsetType = UNSET


def index(call: Call) -> list[Application]:
    """Every application the caller owns or works on."""
    return service.listing(call)


def create(call: Call, body: CreateApplication, services: Services) -> Created[None]:
    """A new application."""
    setup = setup_of(services)
    application = service.create(
        call,
        name=body.name,
        region=body.region_identifier,
        regions={**dict.fromkeys(REGIONS, ""), **setup.regions},
        applications_max=setup.applications_max,
    )
    return Created(None, f"/applications/{application.slug}")


def retrieve(call: Call, slug: str) -> Application:
    """One application."""
    return service.require(call, slug, Right.READ)[1]


def edit(call: Call, slug: str, body: EditApplication) -> Done:
    """Change an application."""
    changes = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    service.edit(call, slug, changes)
    return DONE


def delete(call: Call, slug: str) -> None:
    """Delete an application."""
    service.delete(call, slug)


def stop_precompiling(call: Call, slug: str) -> None:
    """Leave assets as they are while building."""
    service.set_precompilation(call, slug, wanted=False)


def build_address(call: Call, slug: str) -> dict[str, str]:
    """The token of the build address."""
    return {"token": service.build_token(call, slug)}


def rotate_build_address(call: Call, slug: str) -> dict[str, str]:
    """A new token of the build address."""
    return {"token": service.rotate_build_token(call, slug)}


def header(call: Call) -> Text:
    """A banner for the pages of add-ons."""
    return Text(HEADER.format(base=call.base_url), HTML)


def show(application: Application) -> dict[str, Any]:
    """An application."""
    return {"name": application.name, "slug": application.slug, "region_identifier": application.region}


def show_listed(application: Application, call: Call) -> dict[str, Any]:
    """An application in a list, with its address."""
    return {**show(application), "url": f"{call.base_url}/applications/{application.slug}"}


_ONE = "/applications/{slug}"
ROUTES = (
    Route(
        "applications.list", "GET", "/applications", index, show=show_listed, scope=READ, summary="List applications"
    ),
    Route(
        "applications.create",
        "POST",
        "/applications",
        create,
        scope=WRITE,
        writes=True,
        status=201,
        summary="Create an application",
    ),
    Route("applications.retrieve", "GET", _ONE, retrieve, show=show, scope=READ, summary="Retrieve an application"),
    Route("applications.edit", "PUT", _ONE, edit, scope=WRITE, writes=True, summary="Change an application"),
    Route("applications.delete", "DELETE", _ONE, delete, scope=WRITE, writes=True, summary="Delete an application"),
    Route(
        "applications.stop_precompiling",
        "DELETE",
        f"{_ONE}/precompilation",
        stop_precompiling,
        scope=WRITE,
        writes=True,
        summary="Turn the precompile step off",
    ),
    Route(
        "applications.build_token",
        "GET",
        f"{_ONE}/buildtoken",
        build_address,
        scope=READ,
        summary="The token of the build address",
    ),
    Route(
        "applications.rotate_build_token",
        "POST",
        f"{_ONE}/buildtoken",
        rotate_build_address,
        scope=WRITE,
        writes=True,
        summary="Replace the token of the build address",
    ),
    Route("header", "GET", "/header", header, auth="none", summary="A banner for the pages of add-ons"),
)
