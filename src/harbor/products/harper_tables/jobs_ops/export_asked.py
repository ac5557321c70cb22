"""What an export asks for: a search, a form, a place. Read from the request, judged by the job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from harbor.kernel.jobs.model import JsonObject
from harbor.products.harper_tables.jobs_ops.s3_place import missing
from harbor.products.harper_tables.values import Doc, from_text

FORMATS: Final = ("json", "csv")
# As the sentence lists them; the newer names are taken too.
_OPERATIONS: Final = ("search_by_value", "search_by_hash", "sql", "search_by_conditions")
_ALSO: Final = ("search_by_id", "search")
_S3_FIELDS: Final = ("aws_access_key_id", "aws_secret_access_key", "bucket", "key")


class Wrong(Exception):
    """What is wrong with the request; the message is the job's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The request. `search` is stored text; `fault` is what is wrong with the store it names."""

    format: str | None
    search: str | None
    path: str | None = None
    filename: str | None = None
    place: Mapping[str, Any] | None = None
    fault: str = ""

    def kept(self) -> JsonObject:
        """As the job keeps it."""
        return {"asked": asdict(self)}

    def checked(self, type_: str) -> Doc:
        """The body of its search. Raises `Wrong`."""
        if self.fault:
            raise Wrong(self.fault)
        if not self.format:
            raise Wrong("format missing")
        if self.format not in FORMATS:
            raise Wrong(f"format invalid. must be one of the following values: {', '.join(FORMATS)}")
        body = {} if self.search is None else from_text(self.search)
        operation = body.get("operation")
        if not operation:
            raise Wrong("search_operation.operation missing")
        if operation not in (*_OPERATIONS, *_ALSO):
            raise Wrong(f"search_operation.operation must be one of the following values: {', '.join(_OPERATIONS)}")
        if type_ == "export_local" and not self.path:
            raise Wrong("path is missing.")
        return body


def s3_missing(s3: Mapping[str, Any]) -> str:
    """What a store needs and the request does not say; empty if it says all."""
    if not s3:
        return "S3 object missing"
    lacking = missing(s3, *_S3_FIELDS)
    return f"{lacking[0]} is missing." if lacking else ""
