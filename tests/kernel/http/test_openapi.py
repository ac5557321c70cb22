"""The OpenAPI document says of every route what the route says of itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec
import pytest
from openapi_spec_validator import validate

from harbor.kernel.clock import iso_ms, micros
from harbor.kernel.errors import HarborError, Kind
from harbor.kernel.http.decode import Body, OpenBody, Query
from harbor.kernel.http.dialect import Dialect
from harbor.kernel.http.openapi import document, encode
from harbor.kernel.http.openapi_schemas import FILE, Schema, inferred, merged
from harbor.kernel.http.pagestyles import Cursor, Numbered
from harbor.kernel.http.product import NO_VERSIONS, Product
from harbor.kernel.http.request import Reply, Request
from harbor.kernel.http.routes import Answer, Created, Place, Route
from harbor.kernel.http.versions import Change, Versions, then, without
from harbor.kernel.pages import Page, PageRequest

STATUS = {Kind.UNAUTHENTICATED: 401, Kind.MISSING: 404, Kind.GONE: 404, Kind.CONFLICT: 409, Kind.LIMITED: 429}


class KeeperBody(TypedDict):
    """Whom a boat belongs to."""

    name: str


class BoatBody(TypedDict):
    """A boat as it is shown."""

    id: str
    seen_at: datetime
    left_at: datetime | None
    length_m: Decimal
    papers: dict[str, Any]
    keeper: KeeperBody
    berth: NotRequired[int]


class MoorBoat(Body):
    """A boat that comes in."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=40, examples=["Alma"])]
    papers: msgspec.Raw
    rig: Literal["sloop", "ketch"] = "sloop"
    note: str | msgspec.UnsetType = msgspec.UNSET
    flags: Annotated[list[str], msgspec.Meta(max_length=3)] | None = None


class RenameBoat(OpenBody):
    """Another name."""

    name: str


class Photo:
    """A file, which tells itself how it looks."""

    @classmethod
    def documented_schema(cls) -> Schema:
        """A file."""
        return dict(FILE)


class ShowBoat(OpenBody):
    """How a boat looks."""

    caption: str
    photo: Photo | None = None


class ListBoats(Query):
    """Which boats; `rig` may be repeated."""

    rig: list[str] = msgspec.field(default_factory=list)
    since: str | None = None
    longest: Annotated[int, msgspec.Meta(ge=1, description="In metres.")] = 99


def moor(body: MoorBoat) -> Created[object]:
    """Take a boat in."""
    return Created(body)


def index(page: PageRequest, query: ListBoats) -> Page[object]:
    """Boats by name."""
    return Page([])


def retrieve(place: Place) -> object:
    """One boat."""
    return place.thing


def rename(boat_id: str, body: RenameBoat) -> object | Created[object]:
    """Give a boat another name, or take it in under that name."""
    return Created(body)


def sink(boat_id: str) -> None:
    """Forget a boat."""


def tow(boat_id: str) -> Answer:
    """Bring a boat to another berth."""
    return Answer(202)


def keeper(boat_id: str) -> KeeperBody:
    """Whom a boat belongs to."""
    return {"name": "Ada"}


async def watch(request: Request) -> Any:
    """See boats come and go."""


def show(boat: object) -> BoatBody:
    """The fields of a boat."""
    raise NotImplementedError


def located(_call: object, _params: dict[str, str], _value: object) -> Place:
    """Anywhere."""
    return Place(workspace_id="")


def error(fault: HarborError, request: Request) -> Reply:
    """`{"says": …}`, with `where` if the fault names a field."""
    body = {"says": fault.message} | ({"where": fault.field} if fault.field else {})
    headers = {"WWW-Authenticate": 'Basic realm="harbour"'} if fault.kind is Kind.UNAUTHENTICATED else {}
    if fault.retry_after_s is not None:
        headers["Retry-After"] = "2"
    return Reply(STATUS.get(fault.kind, 400), msgspec.json.encode(body), headers)


async def authenticate(_request: object, _find: object) -> Any:
    """Nobody."""


DIALECT = Dialect(
    name="boats",
    authenticate=authenticate,
    error=error,
    page=Cursor(size=20, size_max=100),
    moment=iso_ms,
    allows_idempotency=True,
    headers=lambda request: {"Boats-Request-Id": request.request_id},
    limit_headers=lambda verdict: {"Boats-Left": str(verdict.remaining)},
)
_ONE = "/boats/{boat_id}"
ROUTES = (
    Route(
        "boats.moor", "POST", "/boats", moor, show=show, status=201, writes=True, scope="boats:write", summary="Moor"
    ),
    Route(
        "boats.list", "GET", "/boats", index, show=show, paged=True, scope=("boats:read", "boats:write"), key="boats"
    ),
    Route("boats.retrieve", "GET", _ONE, retrieve, show=show, shows="boat", locate=located, tags=("Boats",)),
    Route("boats.rename", "PUT", _ONE, rename, show=show, writes=True),
    Route("boats.change", "PATCH", _ONE, rename, show=show, writes=True),
    Route("boats.sink", "DELETE", _ONE, sink, writes=True, status=204),
    Route("boats.tow", "POST", f"{_ONE}/tow", tow, writes=True, reply={200: KeeperBody, 202: BoatBody}),
    Route("boats.keeper", "GET", f"{_ONE}/keeper", keeper, auth="none"),
    Route("boats.watch", "GET", "/boats/watch", watch, raw=True),
)
VERSIONS = Versions(
    changes=(
        Change(
            version="2",
            summary="Boats have a length; moments are text.",
            source="the harbour master",
            adds_routes=frozenset({"boats.tow"}),
            down={
                "boat": then(
                    without("length_m"),
                    lambda boat: {
                        **boat,
                        "seen_at": micros(boat["seen_at"]),
                        "left_at": micros(boat["left_at"]),
                        "tide": "low",
                    },
                )
            },
        ),
    ),
    oldest="1",
)
BOATS = Product(
    name="boats",
    title="Boats",
    description="A small harbour.",
    version="2",
    dialect=DIALECT,
    routes=ROUTES,
    versions=VERSIONS,
)


@pytest.fixture(scope="module")
def boats() -> dict[str, Any]:
    """The newest document."""
    return document(BOATS, base_url="https://boats.test")


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    "style",
    [
        Cursor(size=20, size_max=100),
        Numbered(
            size=10,
            size_max=50,
            size_parameter="size",
            envelope=lambda items, total, number, size, pages, key: {str(key): items, "total": total},
        ),
    ],
    ids=["cursor", "numbered"],
)
def test_the_document_is_valid(style: Any, version: str) -> None:
    validate(document(replace(BOATS, dialect=replace(DIALECT, page=style)), base_url="/", version=version))


def test_the_same_product_gives_the_same_bytes(boats: dict[str, Any]) -> None:
    again = encode(document(BOATS, base_url="https://boats.test"))

    assert encode(boats) == again
    assert msgspec.json.decode(again) == boats


def test_every_route_is_there_under_its_name(boats: dict[str, Any]) -> None:
    names = {operation["operationId"] for path in boats["paths"].values() for operation in path.values()}

    assert names == {route.name for route in ROUTES}
    assert boats["servers"] == [{"url": "https://boats.test"}]


def test_an_operation_says_who_may_call_it_and_what_it_does(boats: dict[str, Any]) -> None:
    moored, listed, seen = (
        boats["paths"]["/boats"]["post"],
        boats["paths"]["/boats"]["get"],
        boats["paths"][_ONE]["get"],
    )

    assert moored["summary"] == "Moor"
    assert moored["description"] == "Take a boat in.\n\nNeeds the scope `boats:write`."
    assert moored["x-harbor-scopes"] == ["boats:write"]
    assert listed["description"].endswith("Needs the scope `boats:read` or `boats:write`.")
    assert "`rig` may be repeated" in listed["description"]
    assert seen["tags"] == ["Boats"]
    assert "x-harbor-scopes" not in seen


def test_credentials_are_asked_for_as_a_refusal_asks_for_them(boats: dict[str, Any]) -> None:
    scheme = boats["components"]["securitySchemes"]["basic"]

    assert scheme["scheme"] == "basic"
    assert "`boats:read`, `boats:write`" in scheme["description"]
    assert boats["security"] == [{"basic": []}]
    assert boats["paths"][f"{_ONE}/keeper"]["get"]["security"] == []


def test_a_body_is_what_its_struct_declares(boats: dict[str, Any]) -> None:
    schema = boats["components"]["schemas"]["MoorBoat"]

    assert schema["required"] == ["name", "papers"]
    assert schema["additionalProperties"] is False
    assert schema["properties"] == {
        "name": {"type": "string", "minLength": 1, "maxLength": 40, "examples": ["Alma"]},
        "papers": {"type": "object"},
        "rig": {"type": "string", "enum": ["sloop", "ketch"], "default": "sloop"},
        "note": {"type": "string"},
        "flags": {
            "anyOf": [{"type": "array", "items": {"type": "string"}, "maxItems": 3}, {"type": "null"}],
            "default": None,
        },
    }


def test_a_file_comes_in_a_form_and_its_type_says_how_it_looks() -> None:
    def portray(body: ShowBoat) -> None:
        """Show a boat."""

    route = Route("boats.portray", "POST", "/boats/portrait", portray, writes=True)

    made = document(replace(BOATS, routes=(route,), versions=NO_VERSIONS), base_url="/")

    body = made["paths"]["/boats/portrait"]["post"]["requestBody"]["content"]
    assert list(body) == ["application/json", "multipart/form-data"]
    photo = made["components"]["schemas"]["ShowBoat"]["properties"]["photo"]
    assert photo == {"anyOf": [FILE, {"type": "null"}], "default": None}


def test_a_body_that_ignores_unknown_fields_allows_them(boats: dict[str, Any]) -> None:
    assert "additionalProperties" not in boats["components"]["schemas"]["RenameBoat"]


def test_a_shown_object_has_its_fields_in_their_order_and_no_others(boats: dict[str, Any]) -> None:
    schema = boats["components"]["schemas"]["Boat"]

    assert schema["description"] == "A boat as it is shown."
    assert list(schema["properties"]) == ["id", "seen_at", "left_at", "length_m", "papers", "keeper", "berth"]
    assert schema["properties"]["left_at"] == {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}
    assert schema["properties"]["length_m"] == {"type": "number"}
    assert schema["properties"]["keeper"] == {"$ref": "#/components/schemas/Keeper"}
    assert "berth" not in schema["required"]
    assert schema["additionalProperties"] is False


def test_moments_and_decimals_are_shown_as_the_dialect_writes_them() -> None:
    odd = document(replace(BOATS, dialect=replace(DIALECT, moment=micros, decimal=str)), base_url="/")
    properties = odd["components"]["schemas"]["Boat"]["properties"]

    assert properties["seen_at"] == {"type": "integer"}
    assert properties["length_m"] == {"type": "string"}


def test_query_parameters_come_from_the_query_and_the_page_style(boats: dict[str, Any]) -> None:
    parameters = {each["name"]: each for each in boats["paths"]["/boats"]["get"]["parameters"]}

    assert list(parameters) == ["rig", "since", "longest", "limit", "starting_after"]
    assert parameters["since"]["schema"] == {"type": "string"}
    assert parameters["longest"] == {
        "name": "longest",
        "in": "query",
        "description": "In metres.",
        "schema": {"type": "integer", "minimum": 1, "default": 99},
    }
    assert parameters["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}


def test_a_page_is_wrapped_in_the_envelope_of_its_style() -> None:
    def envelope(items: list[Any], total: int, number: int, size: int, pages: int, key: str | None) -> dict[str, Any]:
        links = {"next": f"/boats?page={number + 1}" if number < pages else None}
        return {str(key): items, "total": total, "links": links}

    style = Numbered(size=10, size_max=50, size_parameter="size", envelope=envelope)
    operation = document(replace(BOATS, dialect=replace(DIALECT, page=style)), base_url="/")["paths"]["/boats"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]

    assert [each["name"] for each in operation["parameters"]][-2:] == ["page", "size"]
    assert schema["properties"]["boats"]["items"] == {"$ref": "#/components/schemas/Boat"}
    assert schema["properties"]["total"] == {"type": "integer"}
    assert schema["properties"]["links"]["properties"]["next"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("boats.moor", {"201"}),
        ("boats.list", {"200"}),
        ("boats.rename", {"200", "201"}),
        ("boats.sink", {"204"}),
        ("boats.tow", {"200", "202"}),
        ("boats.watch", {"200"}),
    ],
)
def test_a_route_succeeds_with_the_statuses_its_handler_can_give(
    boats: dict[str, Any], name: str, statuses: set[str]
) -> None:
    responses = _operation(boats, name)["responses"]

    assert {status for status in responses if status < "400"} == statuses


def test_what_has_no_body_has_no_content(boats: dict[str, Any]) -> None:
    assert "content" not in _operation(boats, "boats.sink")["responses"]["204"]


def test_several_replies_are_told_apart_by_status(boats: dict[str, Any]) -> None:
    responses = _operation(boats, "boats.tow")["responses"]

    assert _content(responses["200"]) == {"$ref": "#/components/schemas/Keeper"}
    assert _content(responses["202"]) == {"$ref": "#/components/schemas/Boat"}


def test_a_stream_is_a_stream(boats: dict[str, Any]) -> None:
    operation = _operation(boats, "boats.watch")

    assert list(operation["responses"]["200"]["content"]) == ["text/event-stream"]
    assert [each["name"] for each in operation["parameters"]] == ["Last-Event-ID"]


def test_refusals_have_the_statuses_and_fields_that_the_dialect_gives_them(boats: dict[str, Any]) -> None:
    refusals = {status for status in _operation(boats, "boats.tow")["responses"] if status >= "400"}

    assert refusals == {"400", "401", "404", "409", "429"}
    assert boats["components"]["schemas"]["Error"] == {
        "description": "Why a request was refused.",
        "type": "object",
        "properties": {"says": {"type": "string"}, "where": {"type": "string"}},
        "required": ["says"],
        "additionalProperties": False,
    }
    assert "Retry-After" in boats["components"]["responses"]["Error429"]["headers"]


def test_a_route_without_credentials_is_not_refused_for_them(boats: dict[str, Any]) -> None:
    responses = _operation(boats, "boats.keeper")["responses"]

    assert "401" not in responses
    assert "404" in responses
    assert "Boats-Left" not in responses["200"]["headers"]


def test_a_post_takes_an_idempotency_key_and_says_when_it_replays(boats: dict[str, Any]) -> None:
    moored, renamed = _operation(boats, "boats.moor"), _operation(boats, "boats.rename")

    assert [each["name"] for each in moored["parameters"]] == ["Idempotency-Key"]
    assert set(moored["responses"]["201"]["headers"]) == {"Boats-Request-Id", "Boats-Left", "Idempotent-Replayed"}
    assert "Idempotency-Key" not in [each["name"] for each in renamed["parameters"]]


def test_an_alias_names_the_route_it_stands_for(boats: dict[str, Any]) -> None:
    alias = _operation(boats, "boats.change")

    assert alias["deprecated"] is False
    assert "The same as `boats.rename`" in alias["description"]
    assert "deprecated" not in _operation(boats, "boats.rename")


def test_an_older_version_lacks_the_routes_that_came_later() -> None:
    old = document(BOATS, base_url="/", version="1")

    assert old["info"]["version"] == "1"
    assert f"{_ONE}/tow" not in old["paths"]


def test_an_older_version_shows_objects_as_its_callers_get_them() -> None:
    old = document(BOATS, base_url="/", version="1")
    name = _content(_operation(old, "boats.retrieve")["responses"]["200"])["$ref"].rpartition("/")[2]
    properties = old["components"]["schemas"][name]["properties"]

    assert "length_m" not in properties
    assert properties["seen_at"] == {"type": "integer"}
    assert properties["left_at"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert properties["tide"] == {"type": "string"}
    assert properties["keeper"] == {"$ref": "#/components/schemas/Keeper"}
    assert "berth" not in old["components"]["schemas"][name]["required"]


def test_two_samples_make_one_schema_that_describes_both() -> None:
    schema = merged(inferred({"a": 1, "b": "text", "c": None}), inferred({"a": 2, "c": [1]}))

    assert schema["required"] == ["a", "c"]
    assert schema["properties"]["b"] == {"type": "string"}
    assert schema["properties"]["c"] == {"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "integer"}}]}


def _operation(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(
        operation for path in found["paths"].values() for operation in path.values() if operation["operationId"] == name
    )


def _content(response: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = response["content"]["application/json"]["schema"]
    return schema
