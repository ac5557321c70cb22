"""Components on the wire. Source: docs/products/harper.md#administration."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.clock import iso_ms, moment
from harbor.products.harper_tables.admin_ops import asking
from harbor.products.harper_tables.admin_ops.components import deployments, encodings, listing, service
from harbor.products.harper_tables.admin_ops.components.archives import FILE_BYTES_MAX, Files
from harbor.products.harper_tables.admin_ops.components.asked import prepare_archive, project
from harbor.products.harper_tables.admin_ops.components.paths import clean
from harbor.products.harper_tables.compat import Compat
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import documented_500, invalid

_GROUP = "Components"


def add_component(call: Call, body: Fields) -> dict[str, Any]:
    """Make an empty project."""
    name = project(body)
    reply = asking.everywhere(body, {"message": f"Successfully added project: {name}", "note": service.NOT_RUN})
    body.check()
    service.add(call, name)
    return reply


def deploy_component(call: Call, body: Fields, prepared: tuple[bytes, Files] | None) -> dict[str, Any]:
    """Put the files of an archive in place of what the project holds."""
    name = project(body)
    package = asking.text(body, "package")
    restarts = _restarts(body)
    has_payload = body.raw("payload") is not None
    if bool(package) == has_payload:
        body.refuse("exactly one of 'package' and 'payload' is required", field="payload")
    reply = asking.everywhere(body, {"message": f"Successfully deployed: {name}{restarts}"})
    body.check()
    if prepared is None:
        raise invalid(
            "Packages are not fetched here; send the files as 'payload', base64 of a tar.",
            code="package_not_fetched",
            field="package",
        )
    payload, files = prepared
    service.replace(call, name, files, {})
    reply["deployment_id"] = deployments.note(call, name, payload)
    return {**reply, "note": service.NOT_RUN}


def package_component(call: Call, body: Fields) -> dict[str, Any]:
    """The files of a project as a tar in base64."""
    name = project(body)
    skips = body.flag("skip_node_modules")
    body.flag("skip_symlinks")
    body.check()
    service.need(call, name)
    packed = service.pack(call, name, skips_node_modules=skips)
    return {"project": name, "payload": b64encode(packed).decode("ascii")}


def drop_component(call: Call, body: Fields) -> dict[str, Any]:
    """Remove a project, or a file or folder of it."""
    name = project(body)
    file = asking.text(body, "file")
    what = f"{name}/{file}" if file else name
    reply = asking.everywhere(body, {"message": f"Successfully dropped: {what}{_restarts(body)}"})
    body.check()
    service.drop(call, name, clean(file) if file else None)
    return reply


def get_components(call: Call, body: Fields) -> dict[str, Any]:
    """All projects and their files."""
    return listing.tree(call, hides_dots=body.compat is Compat.V4)


def get_component_file(call: Call, body: Fields) -> dict[str, Any]:
    """What is in a file."""
    name, file = project(body), asking.text(body, "file", required=True)
    encoding = _encoding(body)
    body.check()
    found = service.read(call, name, clean(file))
    if found is None:
        sentence = f"Component file not found '{name}/{file}'"
        raise documented_500(sentence) if body.compat is Compat.V4 else invalid(sentence, code="file_missing")
    return {
        "message": encodings.decoded(found.content or b"", encoding),
        "size": found.size,
        "birthtime": iso_ms(moment(found.created_at)),
        "mtime": iso_ms(moment(found.updated_at)),
    }


def set_component_file(call: Call, body: Fields) -> dict[str, Any]:
    """Write a file, or make a folder where no content comes."""
    name, file = project(body), asking.text(body, "file", required=True)
    encoding = _encoding(body)
    payload = body.raw("payload")
    if payload is not None and not isinstance(payload, str | bytes):
        body.refuse("'payload' must be a string", field="payload")
    reply = asking.everywhere(body, {"message": f"Successfully set component: {file}"})
    body.check()
    path = clean(file)
    content = encodings.encoded(payload, encoding) if isinstance(payload, str) else payload
    if content is not None and len(content) > FILE_BYTES_MAX:
        raise invalid(f"A file may have {FILE_BYTES_MAX} bytes.", code="file_too_large", field="payload")
    service.write(call, name, path, content)
    return reply


def node_modules(call: Call, body: Fields) -> dict[str, Any]:
    """For each project that nothing was installed, and why."""
    projects = asking.names(body, "projects", required=True)
    body.flag("dry_run")
    body.check()
    return {
        name: {"npm_output": {}, "npm_error": service.NOT_RUN if service.has(call, name) else "Project does not exist"}
        for name in projects
    }


def _encoding(body: Fields) -> str:
    found = body.text("encoding", default="utf8")
    if not encodings.is_known(found):
        body.refuse(f"'encoding' must be one of [{', '.join(encodings.NAMES)}]", field="encoding")
        return "utf8"
    return found


def _restarts(body: Fields) -> str:
    """What `restart` adds to a message. Nothing runs, so what was stored counts at once."""
    asked = body.raw("restart")
    if asked not in (None, True, False, "rolling"):
        body.refuse("'restart' must be one of [true, rolling]", field="restart")
    return f", restarting {body.compat.product}" if asked in (True, "rolling") else ""


def _made(name: str, handler: Any, only: str, summary: str, **more: Any) -> Operation:
    return Operation(name=name, handler=handler, only=only, group=_GROUP, summary=summary, **more)


OPERATIONS = (
    _made("add_component", add_component, "addComponent", "Make a project", writes=True),
    _made(
        "deploy_component",
        deploy_component,
        "deployComponent",
        "Replace the files of a project",
        writes=True,
        prepare=prepare_archive,
    ),
    _made("package_component", package_component, "packageComponent", "A project as a tar", read="long"),
    _made("drop_component", drop_component, "dropComponent", "Remove a project or a file", writes=True),
    _made("get_components", get_components, "getComponents", "All projects and their files"),
    _made("get_component_file", get_component_file, "getComponentFile", "What is in a file"),
    _made("set_component_file", set_component_file, "setComponentFile", "Write a file", writes=True),
    _made("install_node_modules", node_modules, "installModules", "That nothing is installed, and why"),
    _made("audit_node_modules", node_modules, "auditModules", "That nothing is installed, and why"),
)
