"""The custom functions of older lines, which are components: `routes` and `helpers` are folders, files end with .js.

Source: docs/products/harper.md#administration.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.products.harper_tables.admin_ops import asking
from harbor.products.harper_tables.admin_ops.components import service
from harbor.products.harper_tables.admin_ops.components.archives import FILE_BYTES_MAX, Files
from harbor.products.harper_tables.admin_ops.components.asked import prepare_archive, project
from harbor.products.harper_tables.admin_ops.components.paths import clean
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import invalid

_GROUP = "Custom functions"
_TYPES: Final = ("routes", "helpers")
_ENDING: Final = ".js"
_NO_PROJECT: Final = "Project does not exist. Create one using 'add_custom_function_project'"
# What clients show; nothing listens there, which `is_enabled` tells.
_PORT: Final = 9926


def status(call: Call) -> dict[str, Any]:  # noqa: ARG001
    """That functions are kept and not run."""
    return {"port": _PORT, "directory": "components", "is_enabled": False, "note": service.NOT_RUN}


def get_custom_functions(call: Call) -> dict[str, Any]:
    """The names of all functions by project and type."""
    found = {}
    for name in service.names(call):
        paths = [each.path for each in service.files(call, name) if not each.is_folder]
        found[name] = {type_: _names(paths, type_) for type_ in _TYPES}
    return found


def get_custom_function(call: Call, body: Fields) -> str:
    """What is in a function's file."""
    name, path = _asked(body)
    body.check()
    service.need(call, name, _NO_PROJECT)
    found = service.read(call, name, clean(path))
    if found is None:
        raise _no_file()
    return (found.content or b"").decode("utf-8", "replace")


def set_custom_function(call: Call, body: Fields) -> str:
    """Write a function's file."""
    name, path = _asked(body)
    content = body.text("function_content", required=True)
    body.check()
    service.need(call, name, _NO_PROJECT)
    if len(held := content.encode()) > FILE_BYTES_MAX:
        raise invalid(f"A file may have {FILE_BYTES_MAX} bytes.", code="file_too_large", field="function_content")
    service.write(call, name, clean(path), held)
    return f"Successfully updated custom function: {path.partition('/')[2]}"


def drop_custom_function(call: Call, body: Fields) -> str:
    """Remove a function's file."""
    name, path = _asked(body)
    body.check()
    service.need(call, name, _NO_PROJECT)
    if service.read(call, name, clean(path)) is None:
        raise _no_file()
    service.drop(call, name, clean(path))
    return f"Successfully deleted custom function: {path.partition('/')[2]}"


def add_project(call: Call, body: Fields) -> str:
    """Make an empty project."""
    name = project(body)
    body.check()
    service.add(call, name)
    return f"Successfully added project: {name}"


def drop_project(call: Call, body: Fields) -> str:
    """Remove a project."""
    name = project(body)
    body.check()
    service.need(call, name, _NO_PROJECT)
    service.drop(call, name)
    return f"Successfully deleted project: {name}"


def package_project(call: Call, body: Fields) -> dict[str, Any]:
    """The files of a project as a tar in base64."""
    name = project(body)
    skips = body.flag("skip_node_modules")
    body.check()
    service.need(call, name, _NO_PROJECT)
    payload = b64encode(service.pack(call, name, skips_node_modules=skips)).decode("ascii")
    return {"project": name, "payload": payload, "file": f"{name}.tar"}


def deploy_project(call: Call, body: Fields, prepared: tuple[bytes, Files] | None) -> str:
    """Put the files of an archive in place of what the project holds."""
    name = project(body)
    if body.raw("payload") is None:
        body.refuse("'payload' is required", field="payload")
    asking.text(body, "file")
    body.check()
    assert prepared is not None, name
    service.replace(call, name, prepared[1], {})
    return f"Successfully deployed: {name}"


def _asked(body: Fields) -> tuple[str, str]:
    name = project(body)
    type_ = body.text("type", required=True)
    if type_ and type_ not in _TYPES:
        body.refuse(f"'type' must be one of [{', '.join(_TYPES)}]", field="type")
    file = asking.name(body, "file")
    return name, f"{type_}/{file.removesuffix(_ENDING)}{_ENDING}"


def _names(paths: list[str], type_: str) -> list[str]:
    inside = [path.removeprefix(f"{type_}/") for path in paths if path.startswith(f"{type_}/")]
    return [path.removesuffix(_ENDING) for path in inside if path.endswith(_ENDING)]


def _no_file() -> Exception:
    return invalid("File does not exist", code="file_missing", field="file")


def _made(name: str, handler: Any, only: str, summary: str, **more: Any) -> Operation:
    return Operation(name=name, handler=handler, only=only, group=_GROUP, summary=summary, **more)


OPERATIONS = (
    _made("custom_functions_status", status, "customFunctionsStatus", "That functions are kept and not run"),
    _made("get_custom_functions", get_custom_functions, "getCustomFunctions", "All functions"),
    _made("get_custom_function", get_custom_function, "getCustomFunction", "A function's file"),
    _made("set_custom_function", set_custom_function, "setCustomFunction", "Write a function's file", writes=True),
    _made("drop_custom_function", drop_custom_function, "dropCustomFunction", "Remove a function", writes=True),
    _made("add_custom_function_project", add_project, "addCustomFunctionProject", "Make a project", writes=True),
    _made("drop_custom_function_project", drop_project, "dropCustomFunctionProject", "Remove a project", writes=True),
    _made(
        "package_custom_function_project",
        package_project,
        "packageCustomFunctionProject",
        "A project as a tar",
        read="long",
    ),
    _made(
        "deploy_custom_function_project",
        deploy_project,
        "deployCustomFunctionProject",
        "Replace the files of a project",
        writes=True,
        prepare=prepare_archive,
    ),
)
