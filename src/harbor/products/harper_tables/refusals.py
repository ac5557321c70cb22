"""What goes wrong, in the words that Harper's clients compare with. Statuses by `code`, else by kind: dialect.py."""

from __future__ import annotations

from collections.abc import Sequence

from harbor.kernel.errors import Denied, HarborError, Internal, Invalid, Missing, Unauthenticated, Unsupported

SYSTEM = "system_database"
NOT_AUTHORIZED = "This operation is not authorized due to role restrictions and/or invalid database items"


def invalid(message: str, *, code: str = "invalid", field: str | None = None) -> Invalid:
    """400 with this sentence."""
    return Invalid(message, code=code, field=field)


def invalid_json() -> Invalid:
    """The body is no object that can be read."""
    return Invalid("Invalid JSON.", code="invalid_json")


def no_operation() -> Invalid:
    """The body names no operation."""
    return Invalid("Request body must include an 'operation' property.", code="no_operation", field="operation")


def unknown_operation(name: str) -> Invalid:
    """Nobody knows the operation."""
    return Invalid(f"Operation '{name}' not found", code="unknown_operation", field="operation")


def must_login() -> Unauthenticated:
    """No credential came."""
    return Unauthenticated("Must login", code="must_login")


def login_failed() -> Unauthenticated:
    """User unknown or password wrong."""
    return Unauthenticated("Login failed", code="login_failed")


def no_database(name: str) -> Missing:
    """For reads, deletes, describes and drops: 404."""
    return Missing(f"database '{name}' does not exist", code="database_missing")


def no_table(database: str, table: str) -> Missing:
    """For reads, deletes, describes and drops: 404."""
    return Missing(f"Table '{database}.{table}' does not exist", code="table_missing")


def for_a_write(error: HarborError) -> Invalid:
    """The same words with 400, as inserts, updates, upserts and loads answer them."""
    return Invalid(error.message, code=error.code)


def documented_500(message: str) -> Internal:
    """A fault of the caller that Harper answers with 500, and that clients test for."""
    return Internal(message, code="answered_500")


def not_acceptable() -> Unsupported:
    """No media type that the client accepts."""
    return Unsupported(
        "No supported content types found in Accept header, supported types include: application/json, "
        "application/cbor, application/x-msgpack, text/csv, text/yaml, text/plain, text/event-stream",
        code="not_acceptable",
    )


def system_database(product: str) -> Denied:
    """Somebody wants to change what the platform itself keeps."""
    return Denied(
        f"The 'system' database, tables and records are used internally by {product} and cannot be updated or removed.",
        code=SYSTEM,
    )


def times_are_ours() -> Denied:
    """A caller whose role lists attributes wants to write the times."""
    # The missing underscore is the original's.
    return Denied(
        "Internal timestamp attributes - '__createdtime_' and '__updatedtime__' - cannot be inserted to or updated by "
        "HDB users.",
        code="timestamp_attribute",
    )


def super_users_only(function: str) -> Denied:
    """`function` is the internal name that the answer prints, not always that of the operation."""
    return unauthorized([f"Operation '{function}' is restricted to 'super_user' roles"], [])


def unauthorized(access: Sequence[object], items: Sequence[str]) -> Denied:
    """403 with both arrays, in the order of the request."""
    body = {"error": NOT_AUTHORIZED, "unauthorized_access": list(access), "invalid_schema_items": list(items)}
    return Denied(NOT_AUTHORIZED, code="not_authorized", extra={"body": body})
