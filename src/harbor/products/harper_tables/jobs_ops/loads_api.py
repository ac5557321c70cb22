"""Loads on the wire: from a text, a URL, a file, a store. Source: docs/products/harper.md#loads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import urlsplit

from harbor.kernel.bounds import MIB
from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.request import Request
from harbor.kernel.http.services import Services
from harbor.kernel.outbound import OutboundClient
from harbor.kernel.storage.database import Tx
from harbor.products.harper_tables.catalog.model import DEFAULT_DATABASE
from harbor.products.harper_tables.fields import Fields
from harbor.products.harper_tables.jobs_ops import inputs, s3_place, service
from harbor.products.harper_tables.jobs_ops.folders import open_file
from harbor.products.harper_tables.jobs_ops.means import Means
from harbor.products.harper_tables.jobs_ops.service import Load
from harbor.products.harper_tables.jobs_ops.sources import SIZE_BYTES_MAX, tag_of
from harbor.products.harper_tables.jobs_ops.staging import Brought, May, bring, is_refused
from harbor.products.harper_tables.operations import Operation
from harbor.products.harper_tables.refusals import invalid
from harbor.products.harper_tables.rights import User

GROUP: Final = "Jobs"
_URL_BYTES_MAX: Final = 16 * MIB
_TIMEOUT_S: Final = 60.0
_MEDIA_TYPES: Final = ("text/csv", "application/octet-stream", "text/plain", "application/vnd.ms-excel")
_HEADERS_MAX: Final = 20
_URL_LENGTH_MAX: Final = 2_000
_S3_FIELDS: Final = ("aws_access_key_id", "aws_secret_access_key", "bucket", "key", "region")
_EXTENSIONS: Final = (".csv", ".json")
_NOTHING: Final = Brought()


def started(job_id: str) -> dict[str, Any]:
    """The reply to a request that started a job."""
    # Clients take the fifth word.
    return {"message": f"Starting job with id {job_id}", "job_id": job_id}


async def prepare_text(value: object, request: Request, services: Services) -> Brought:
    """The rows of the field `data`."""
    text = value.get("data") if isinstance(value, dict) else None
    return await _bring(text, value, request, services, "csv_data_load") if isinstance(text, str) else _NOTHING


async def prepare_url(value: object, request: Request, services: Services) -> Brought:
    """The rows that lie at the field `csv_url`. Addresses pass the outbound guard, redirects are not followed."""
    fields = Fields(value if isinstance(value, dict) else {})
    url, headers = fields.raw("csv_url"), fields.raw("passthrough_headers") or {}
    if not _is_url(url) or not _are_headers(headers):
        return _NOTHING
    # Who may not write to the table has nothing fetched; the transaction says why.
    may = _may(fields, cast(User, request.principal), services, "csv_url_load")
    if await is_refused(services.database, (), may):
        return _NOTHING
    async with OutboundClient(services.outbound) as client:
        outcome = await client.request(
            "GET",
            url,
            headers=headers,
            timeout_s=_TIMEOUT_S,
            read_bytes_max=_URL_BYTES_MAX + 1,
            kept_bytes_max=_URL_BYTES_MAX,
        )
    failed = f"CSV Load failed from URL: {url}"
    if outcome.status != 200:
        return _refused(f"{failed}, status code: {outcome.status or 'none'}, message: {outcome.detail or 'no CSV'}")
    kind = (outcome.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if kind not in _MEDIA_TYPES:
        return _refused(f"{failed}, unsupported content type: {kind or 'none'}")
    if outcome.error is not None or outcome.truncated:
        return _refused(f"{failed}, message: {outcome.detail or f'it has more than {_URL_BYTES_MAX} bytes'}")
    try:
        text = outcome.body.decode()
    except UnicodeDecodeError:
        return Brought(fault="The CSV is not UTF-8.")
    return await _bring(text, value, request, services, "csv_url_load")


def csv_data_load(call: Call, body: Fields, prepared: Brought) -> dict[str, Any]:
    """Write the rows of a CSV text."""
    if not body.has("data"):
        body.refuse("'data' is required", field="data")
    elif not isinstance(body.raw("data"), str):
        body.refuse("'data' must be a string", field="data")
    return started(service.load_rows(call, _asked(body, "csv_data_load", prepared), prepared))


def csv_url_load(call: Call, body: Fields, prepared: Brought) -> dict[str, Any]:
    """Write the rows of a CSV file elsewhere."""
    if not body.has("csv_url"):
        body.refuse("'csv_url' is required", field="csv_url")
    elif not _is_url(body.raw("csv_url")):
        body.refuse("'csv_url' must be a valid url", field="csv_url")
    if not _are_headers(body.raw("passthrough_headers") or {}):
        body.refuse("'passthrough_headers' must be an object of texts", field="passthrough_headers")
    load = _asked(body, "csv_url_load", prepared)
    if prepared.refusal is not None:
        raise prepared.refusal
    return started(service.load_rows(call, load, prepared))


def import_from_s3(call: Call, body: Fields) -> dict[str, Any]:
    """Write the records of a CSV or JSON file that lies in a store. The job asks the store."""
    load = _asked(body, "import_from_s3", _NOTHING)
    s3, place = _s3_of(body)
    form = place.key.lower().rpartition(".")[2]
    source = {"kind": "s3", "form": form, "place": place.kept()}
    return started(service.load_source(call, load, source, s3_place.keys_of(s3)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file as it was before the transaction; or what the request is refused with."""

    source: Mapping[str, Any] = field(default_factory=dict)
    refusal: Invalid | None = None


def load_operations(means: Means) -> tuple[Operation, ...]:
    """The operations that load."""

    async def prepare_file(value: object, request: Request, services: Services) -> Found:
        path = value.get("file_path") if isinstance(value, dict) else None
        if not isinstance(path, str) or means.imports is None:
            return Found(refusal=_no_file(path))
        root, caller = means.imports, cast(User, request.principal)
        folder = await services.database.read(lambda tx: inputs.folder(tx, caller, root))

        def look() -> Found:
            try:
                parts = folder.within(path)
                descriptor = open_file(folder, parts)
            except PermissionError:
                return Found(refusal=invalid(f"Permission denied {path}", code="no_permission", field="file_path"))
            except OSError:
                return Found(refusal=_no_file(path))
            try:
                size, tag = os.fstat(descriptor).st_size, tag_of(descriptor)
            finally:
                os.close(descriptor)
            if size > SIZE_BYTES_MAX:
                message = f"The file has {size} bytes; at most {SIZE_BYTES_MAX} are loaded."
                return Found(refusal=invalid(message, code="file_too_large", field="file_path"))
            return Found(source={"kind": "file", "form": "csv", "parts": parts, "tag": tag})

        return await asyncio.to_thread(look)

    def csv_file_load(call: Call, body: Fields, prepared: Found) -> dict[str, Any]:
        """Write the rows of a CSV file of this machine."""
        body.text("file_path", required=True)
        load = _asked(body, "csv_file_load", _NOTHING)
        # Who may not write to the table learns nothing of files.
        if prepared.refusal is not None and service.refusal_of(call, load) is None:
            raise prepared.refusal
        return started(service.load_source(call, load, prepared.source))

    return (
        _operation("csv_data_load", csv_data_load, "Write the rows of a CSV text", prepare_text),
        _operation("csv_file_load", csv_file_load, "Write the rows of a CSV file of this machine", prepare_file),
        _operation("csv_url_load", csv_url_load, "Write the rows of a CSV file elsewhere", prepare_url),
        _operation("import_from_s3", import_from_s3, "Write the records of a file in a store"),
    )


def _s3_of(body: Fields) -> tuple[Mapping[str, Any], s3_place.Place]:
    """The field `s3`. Raises `Invalid` in the words of its older validator: labels without quotes, joined by a comma."""
    s3 = body.raw("s3")
    if not isinstance(s3, dict):
        raise _bad_s3(["S3 can't be blank" if s3 is None else "S3 must be an object"])
    faults = [f"{_label(name)} can't be blank" for name in s3_place.missing(s3, *_S3_FIELDS)]
    if s3.get("key") and not str(s3["key"]).lower().endswith(_EXTENSIONS):
        faults.append("S3 key must include one of the following valid file extensions - '.csv', '.json'")
    if faults:
        raise _bad_s3(faults)
    place = s3_place.place_of(s3)
    if isinstance(place, str):
        raise _bad_s3([place])
    return s3, place


def _label(name: str) -> str:
    return f"S3 {name.replace('_', ' ')}"


def _bad_s3(faults: list[str]) -> Invalid:
    return invalid(",".join(faults), code="invalid_s3", field="s3")


def _operation(name: str, handler: Any, summary: str, prepare: Any = None) -> Operation:
    return Operation(name=name, handler=handler, prepare=prepare, writes=True, group=GROUP, summary=summary)


async def _bring(text: str, value: object, request: Request, services: Services, type_: str) -> Brought:
    asked, caller = Fields(value if isinstance(value, dict) else {}), cast(User, request.principal)
    return await bring(text, services.database, caller.account_id, _may(asked, caller, services, type_))


def _may(asked: Fields, caller: User, services: Services, type_: str) -> May:
    """What asks, before the transaction, whether the caller may load columns; raises, or gives the refusal."""

    def may(tx: Tx, columns: Sequence[str]) -> object:
        if not (caller.rights.is_super_user or caller.rights.may_run(type_)):
            return type_
        return service.refusal_of(services.call(tx, caller), _asked(asked, type_, Brought(columns=columns)))

    return may


def _asked(body: Fields, type_: str, brought: Brought) -> Load:
    """What is to be loaded. Raises `Invalid` with all that is wrong with the fields."""
    database = body.name("database", "schema", default=DEFAULT_DATABASE)
    table = body.name("table", required=True)
    action = body.raw("action") or "insert"
    if action not in service.ACTIONS:
        body.refuse("action is required and must be either insert, update, or upsert", field="action")
    body.check()
    return Load(type=type_, database=database, table=table, action=action, columns=brought.columns)


def _refused(message: str) -> Brought:
    return Brought(refusal=invalid(message, code="load_failed", field="csv_url"))


def _no_file(path: object) -> Invalid:
    return invalid(f"No such file or directory {str(path)[:200]}", code="no_file", field="file_path")


def _is_url(url: object) -> bool:
    if not isinstance(url, str) or len(url) > _URL_LENGTH_MAX:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _are_headers(headers: object) -> bool:
    return (
        isinstance(headers, Mapping)
        and len(headers) <= _HEADERS_MAX
        and all(isinstance(name, str) and isinstance(text, str) for name, text in headers.items())
    )
