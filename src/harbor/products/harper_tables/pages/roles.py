"""Roles: who may do what with which tables, as a matrix that can be ticked, or as the JSON that it stands for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

import msgspec

from harbor.kernel.bounds import MIB
from harbor.kernel.call import Call
from harbor.kernel.errors import HarborError, Invalid, Missing
from harbor.kernel.http.decode import Query
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Place, Route
from harbor.products.harper_tables import scopes
from harbor.products.harper_tables.access import roles, roles_api, users
from harbor.products.harper_tables.access.model import Role
from harbor.products.harper_tables.access.role_rights import FLAGS
from harbor.products.harper_tables.catalog import service as catalog
from harbor.products.harper_tables.catalog.model import TIMES
from harbor.products.harper_tables.pages import editing, matrix, places, shown, typed_name
from harbor.products.harper_tables.pages.acting import as_user, ask

NOTICES = {
    "role_created": "The role is there. Say what it grants.",
    "role_saved": "The role is saved. It counts at once, also for who is signed in.",
    "role_dropped": "The role is gone.",
}
ROLES = f"{places.PATH}/roles"
ROLE = f"{ROLES}/{{role_id}}"
# No role is named so.
NEW_ROLE = f"{ROLES}/~new"
TRAIL = (("Roles", ROLES),)
_TABLES_A_PAGE = 40
# Three boxes each; a form has room for two thousand fields.
_ATTRIBUTES_SHOWN_MAX = 400
_BODY_BYTES_MAX = 4 * MIB
KINDS = {
    "tables": ("By table", "What you tick in the matrix, and nothing else."),
    "structure": (
        "Builder",
        "Makes and drops databases, tables and attributes, and may do everything with their records.",
    ),
    "super": ("Super user", "Everything, users and roles too."),
}
_PERMISSIONS: Mapping[str, Mapping[str, Any]] = {
    "tables": {},
    "structure": {"structure_user": True},
    "super": {"super_user": True},
}


class NewRole(Form):
    """The form of a new role."""

    role: str = ""
    kind: Literal["tables", "structure", "super"] = "tables"


class Part(Query):
    """Which tables the matrix shows: those of a database from a name on."""

    database: str = ""
    start: str = ""


class Ticked(Form):
    """The matrix as it was ticked; what the boxes are called stands in matrix.py."""

    database: str = ""
    tables: list[str] = msgspec.field(default_factory=list)
    grants: list[str] = msgspec.field(default_factory=list)
    opened: list[str] = msgspec.field(default_factory=list)
    limited: list[str] = msgspec.field(default_factory=list)


class AsJson(Form):
    """The whole permission as JSON."""

    permission: str = ""


def of_role(call: Call, params: dict[str, str], value: Any) -> Place:  # noqa: ARG001
    """The role in the path."""
    role = roles.by_id(as_user(call), params["role_id"])
    if role is None:
        raise Missing("Role not found", code="role_missing")
    return Place(workspace_id="", thing=role)


def index(call: Call) -> Html:
    """All roles, and how many users have each."""
    me = as_user(call)
    counts: dict[str, int] = {}
    for user, _ in users.listing(me):
        counts[user.role_id] = counts.get(user.role_id, 0) + 1
    found = [(role, kind_of(role), _tables(role), counts.get(role.id, 0)) for role in roles.listing(me)]
    return Html("roles.html", "Roles", {"roles": found})


def new() -> Html:
    """The form of a new role."""
    kinds = [(word, label, text) for word, (label, text) in KINDS.items()]
    return Html("role_new.html", "New role", {"kinds": kinds}, TRAIL)


def create(call: Call, environment: str, body: NewRole) -> Answer:
    """Add a role."""
    made = _telling(call, roles_api.add_role, role=body.role.strip(), permission=dict(_PERMISSIONS[body.kind]))
    return go(f"{ROLES}/{made['id']}".format(environment=environment), done="role_created")


def show(call: Call, place: Place, query: Part) -> Html:
    """The matrix of a role for one database."""
    me, role = as_user(call), place.thing
    names = catalog.databases(me)
    database = query.database if query.database in names else next(iter(names), None)
    tables = [] if database is None else [each for each in catalog.tables(me, database) if each.name >= query.start]
    part = tables[:_TABLES_A_PAGE]
    # The times are the platform's: a role that may read anything may read them.
    known = [(each.name, [name for name in each.names if name not in TIMES]) for each in part]
    at = f"{ROLES}/{role.id}"
    return Html(
        "role.html",
        role.name,
        {
            **_context(me, role),
            "database": database,
            "databases": names,
            "flags": FLAGS,
            "attribute_flags": matrix.ATTRIBUTE_FLAGS,
            "lines": matrix.lines(role.permission, database or "", known, _ATTRIBUTES_SHOWN_MAX),
            "gone": matrix.gone(role.permission, _known(me)),
            "next": {"database": database, "start": tables[_TABLES_A_PAGE].name} if len(tables) > len(part) else None,
            "first": {"database": database} if query.start else None,
            "at": at,
        },
        TRAIL,
    )


def tick(call: Call, place: Place, environment: str, body: Ticked) -> Answer:
    """Change what the matrix says of a database."""
    role: Role = place.thing
    ticked = matrix.Ticked(body.tables, frozenset(body.grants), frozenset(body.opened), frozenset(body.limited))
    permission = matrix.changed(role.permission, body.database, ticked, _known(as_user(call)))
    _telling(call, roles_api.alter_role, id=role.id, permission=permission)
    at = f"{ROLES}/{role.id}".format(environment=environment)
    return go(at, database=body.database, done="role_saved") if body.database else go(at, done="role_saved")


def as_json(call: Call, place: Place) -> Html:
    """A role as JSON."""
    role: Role = place.thing
    context = {**_context(as_user(call), role), "text": shown.pretty(role.permission), "at": f"{ROLES}/{role.id}"}
    return Html("role_json.html", role.name, context, TRAIL)


def write(call: Call, place: Place, environment: str, body: AsJson) -> Answer:
    """Replace a role's permission by what was typed."""
    role: Role = place.thing
    typed = editing.read(body.permission, "permission")
    if len(typed) != 1:
        raise Invalid("permission must be one JSON object.", field="permission")
    _telling(call, roles_api.alter_role, id=role.id, permission=typed[0])
    return go(f"{ROLES}/{role.id}/json".format(environment=environment), done="role_saved")


def drop(call: Call, place: Place, environment: str, body: typed_name.TypedName) -> Answer:
    """Remove a role that no active user has, once its name was typed."""
    typed_name.check(body, place.thing.name)
    ask(call, roles_api.drop_role, id=place.thing.id)
    return go(ROLES.format(environment=environment), done="role_dropped")


def kind_of(role: Role) -> str:
    """Which of the kinds of roles this one is."""
    if role.is_super_user:
        return "super"
    return "structure" if role.permission.get("structure_user") else "tables"


def _context(me: Call, role: Role) -> dict[str, Any]:
    structure = role.permission.get("structure_user")
    operations = role.permission.get("operations")
    return {
        "role": role,
        "kind": kind_of(role),
        "kinds": KINDS,
        "structures": structure if isinstance(structure, list) else None,
        "operations": operations if isinstance(operations, list) else None,
        "people": [user for user, _ in users.listing(me) if user.role_id == role.id],
    }


def _tables(role: Role) -> int:
    """How many tables a role names."""
    return sum(len(grants.get("tables") or {}) for grants in role.permission.values() if isinstance(grants, dict))


def _known(me: Call) -> matrix.Known:
    """What there is, as roles may name it."""
    catalogue = roles_api.catalogue(me)

    def known(database: str, table: str) -> Collection[str] | None:
        return catalogue.attributes_of(database, table)

    return known


def _telling(call: Call, operation: Any, **values: Any) -> Any:
    """What an operation answers; a refusal tells all that is wrong, which on the wire stands in two lists."""
    try:
        return ask(call, operation, **values)
    except HarborError as error:
        body = error.extra.get("body")
        if not isinstance(body, dict) or "main_permissions" not in body:
            raise
        told = [*body["main_permissions"], *(each for some in body["schema_permissions"].values() for each in some)]
        raise Invalid(". ".join(told) + ".", code=error.code, field=_field(told)) from None


def _field(told: list[str]) -> str:
    return "role" if any(each.startswith("Role ") for each in told) else "permission"


def _route(name: str, method: str, path: str, handler: Any, **more: Any) -> Route:
    shared: dict[str, Any] = {"locate": of_role, "scope": scopes.MANAGE}
    if method == "POST":
        shared |= {"writes": True, "body_bytes_max": _BODY_BYTES_MAX}
    return Route(name, method, path, handler, **{**shared, **more})


ROUTES = (
    _route("harper.roles", "GET", ROLES, index, locate=None),
    _route("harper.role.new", "GET", NEW_ROLE, new, locate=None),
    _route("harper.role.create", "POST", NEW_ROLE, create, locate=None),
    _route("harper.role", "GET", ROLE, show),
    _route("harper.role.tick", "POST", ROLE, tick),
    _route("harper.role.json", "GET", f"{ROLE}/json", as_json),
    _route("harper.role.write", "POST", f"{ROLE}/json", write),
    _route("harper.role.drop", "POST", f"{ROLE}/drop", drop),
)
