"""A connection to Harper's operations: which server, which user, and what its refusals mean for a command."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec
from urllib.parse import urlsplit

import click

from harbor.cli.options import (
    HARPER_PASSWORD,
    HARPER_USER,
    harper_password_option,
    harper_user_option,
    host_option,
    json_option,
    origin_of,
)
from harbor.cli.output import Exit, Failure, Output
from harbor.cli.reaching import reaching

if TYPE_CHECKING:
    import httpx

P = ParamSpec("P")

DATABASE: Final = "data"  # of a table without one
_JSON: Final = "application/json"
_CBOR: Final = "application/cbor"
_CONNECT_S: Final = 10.0
# Longer than any bound of the server on one operation.
_REPLY_S: Final = 150.0

_HINTS: Final[Mapping[str, str]] = {
    "login_failed": f"Check --user and {HARPER_PASSWORD}: `harbor init` printed them, and `alter_user` changes them.",
    "not_authorized": "Ask as a user whose role has that right: the operation `alter_role` gives it.",
    "database_missing": "`harbor tables list` shows what there is.",
    "table_missing": "`harbor tables list` shows what there is. `harbor tables import --key ATTRIBUTE` makes a table.",
    "answer_too_large": "Ask for less with LIMIT, or export a whole table with --table.",
    "too_slow": "`harbor tables sql --explain` says which index would help.",
    "route_not_found": "--host takes the address of Harbor. That of Harper alone ends with a slash: http://127.0.0.1:9925/",
    "unknown_operation": "The server may be older than this program.",
}
_HINTS_BY_STATUS: Final[Mapping[int, str]] = {
    400: "Change what the message names; --help shows what each option takes.",
    401: _HINTS["login_failed"],
    403: _HINTS["not_authorized"],
    404: "Does --host name a Harbor server?",
    413: "Send less at once.",
    500: "The server's log tells more.",
    503: "Try again in a moment.",
}


@dataclass(frozen=True, slots=True)
class Tables:
    """A command's connection to the server and its output."""

    out: Output
    url: str
    http: httpx.Client

    def ask(self, operation: str, **fields: object) -> Any:
        """The answer to an operation, with dates and bytes as such. Raises `Failure` for a refusal."""
        from harbor.cli.tables_values import from_cbor, to_cbor

        body = to_cbor({"operation": operation, **fields})
        return from_cbor(self._post(body, _CBOR, accept=_CBOR).content)

    def text(self, operation: str, *, accept: str = _JSON, **fields: object) -> str:
        """The answer as the server writes it. Raises `Failure` for a refusal."""
        from harbor.cli.tables_values import to_cbor

        return self._post(to_cbor({"operation": operation, **fields}), _CBOR, accept=accept).text

    def send(self, body: bytes) -> Any:
        """The answer to an operation whose body is JSON already. Raises `Failure` for a refusal."""
        from harbor.cli.tables_values import from_cbor

        return from_cbor(self._post(body, _JSON, accept=_CBOR).content)

    def _post(self, body: bytes, media_type: str, *, accept: str) -> httpx.Response:
        with reaching(self.url, late="The operation may have been carried out all the same; look before repeating it."):
            reply = self.http.post(self.url, content=body, headers={"Content-Type": media_type, "Accept": accept})
        if reply.status_code != 200:
            raise _failure(reply)
        return reply


def with_tables(command: Callable[Concatenate[Tables, P], None]) -> Callable[..., None]:
    """Gives a command `--host`, `--user`, `--password` and `--json`, and a `Tables` as its first argument."""

    @functools.wraps(command)
    def run(*args: Any, host: str, user: str, password: str | None, as_json: bool, **given: Any) -> None:
        with connected(host, user, password, Output(as_json)) as tables:
            command(tables, *args, **given)

    return host_option(harper_user_option(harper_password_option(json_option(run))))


@contextmanager
def connected(host: str, user: str, password: str | None, out: Output) -> Iterator[Tables]:
    """A connection as a user. Raises `Failure` without a password."""
    if not password:
        raise Failure(
            "No password was given.",
            hint=f"Set {HARPER_PASSWORD}, or pass --password; `harbor init` prints that of the user {HARPER_USER}.",
            code="password_needed",
            exit_code=Exit.USAGE,
        )
    import httpx

    limits = httpx.Timeout(_REPLY_S, connect=_CONNECT_S)
    pair = httpx.BasicAuth(user.encode(), password.encode())
    with httpx.Client(auth=pair, timeout=limits, trust_env=False) as http:
        yield Tables(out, operations_url(host), http)


def operations_url(host: str) -> str:
    """Where operations go: under /harper of Harbor's address; an address with a path of its own is taken as it is."""
    origin = origin_of(host)
    return origin if urlsplit(origin).path else f"{origin}/harper"


def table_name(text: str) -> tuple[str, str]:
    """Database and table of `dev.dog`; a name alone is in the database `data`. Raises `click.BadParameter`."""
    database, dot, table = text.partition(".")
    found = (database, table) if dot else (DATABASE, database)
    if not all(found):
        raise click.BadParameter(f"{text!r} is not DATABASE.TABLE.")
    return found


def _failure(reply: httpx.Response) -> Failure:
    status, code = reply.status_code, reply.headers.get("harper-error-code", "")
    body = _body(reply)
    message = body.get("error")
    if not isinstance(message, str):
        message = f"The server answered {status} with something that no operation answers."
    details = [*body.get("unauthorized_access", ()), *body.get("invalid_schema_items", ())]
    if details:
        message = f"{message}: {'; '.join(_detail(each) for each in details)}"
    hint = _HINTS.get(code) or _HINTS_BY_STATUS.get(status)
    if status == 429:
        hint = f"Wait {reply.headers.get('retry-after', '60')} s and run it again."
    return Failure(message, hint=hint, code=code or "refused", facts={"status": status, "details": details or None})


def _body(reply: httpx.Response) -> Mapping[str, Any]:
    from harbor.cli.tables_values import from_cbor

    try:
        found = from_cbor(reply.content) if reply.headers.get("content-type") == _CBOR else reply.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _detail(each: object) -> str:
    if not isinstance(each, dict):
        return str(each)
    needed = ", ".join(map(str, each.get("required_table_permissions", ())))
    attributes = ", ".join(str(one.get("attribute_name")) for one in each.get("required_attribute_permissions", ()))
    return f"{each.get('schema')}.{each.get('table')} needs {needed or f'rights on {attributes}'}"
