"""A connection to Harvest's API: which server, which token and account, and what its refusals mean for a command."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec
from urllib.parse import urlsplit

from harbor.cli.options import (
    HARVEST_ACCOUNT,
    HARVEST_TOKEN,
    harvest_account_option,
    harvest_token_option,
    host_option,
    json_option,
    origin_of,
)
from harbor.cli.output import Exit, Failure, Output
from harbor.cli.reaching import reaching

if TYPE_CHECKING:
    import httpx

P = ParamSpec("P")

_AGENT: Final = "harbor time"
_CONNECT_S: Final = 10.0
_REPLY_S: Final = 30.0
_HINTS: Final[Mapping[int, str]] = {
    401: f"Check {HARVEST_TOKEN} and {HARVEST_ACCOUNT}: `harbor init` printed the first; the page Developers makes tokens.",
    403: "Ask somebody whose role allows it.",
    404: f"Does --host name a Harbor server, and {HARVEST_ACCOUNT} an account that the token reaches?",
    422: "Change what the message names; --help shows what each option takes.",
    500: "The server's log tells more.",
    503: "Try again in a moment.",
}


@dataclass(frozen=True, slots=True)
class Harvest:
    """A command's connection to the server and its output."""

    out: Output
    url: str
    http: httpx.Client

    def get(self, path: str, **query: object) -> Any:
        """What is there. Raises `Failure` for a refusal."""
        return self._ask("GET", path, params={name: str(value) for name, value in query.items()})

    def make(self, path: str, body: Mapping[str, object]) -> Any:
        """What was made. Raises `Failure` for a refusal."""
        return self._ask("POST", path, json=body)

    def change(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """What was changed. Raises `Failure` for a refusal."""
        return self._ask("PATCH", path, json=body or {})

    def send(self, path: str, fields: Mapping[str, str], *, name: str, file: bytes) -> Any:
        """What was made of a file. Raises `Failure` for a refusal."""
        return self._ask("POST", path, data=dict(fields), files={"file": (name, file, "text/csv")})

    def _ask(self, method: str, path: str, **content: Any) -> Any:
        with reaching(self.url, late="It may have been done all the same: `harbor time list` shows it."):
            reply = self.http.request(method, f"{self.url}{path}", **content)
        answer = _json(reply)
        if reply.is_success and isinstance(answer, dict):
            return answer
        raise _failure(reply, answer)


def with_harvest(command: Callable[Concatenate[Harvest, P], None]) -> Callable[..., None]:
    """Gives a command `--host`, `--token`, `--account` and `--json`, and a `Harvest` as its first argument."""

    @functools.wraps(command)
    def run(*args: Any, host: str, token: str | None, account: str | None, as_json: bool, **given: Any) -> None:
        with connected(host, token, account, Output(as_json)) as harvest:
            command(harvest, *args, **given)

    return host_option(harvest_token_option(harvest_account_option(json_option(run))))


@contextmanager
def connected(host: str, token: str | None, account: str | None, out: Output) -> Iterator[Harvest]:
    """A connection with a token in an account. Raises `Failure` where one of them is missing."""
    for value, word, variable in ((token, "token", HARVEST_TOKEN), (account, "account", HARVEST_ACCOUNT)):
        if not value or not value.isascii() or not value.isprintable():
            raise Failure(
                f"No {word} was given.",
                hint=f"Set {variable}, or pass --{word}; `harbor init` prints the first.",
                code=f"{word}_needed",
                exit_code=Exit.USAGE,
            )
    import httpx

    headers = {"Authorization": f"Bearer {token}", "Harvest-Account-Id": str(account), "User-Agent": _AGENT}
    limits = httpx.Timeout(_REPLY_S, connect=_CONNECT_S)
    with httpx.Client(headers=headers, timeout=limits, trust_env=False) as http:
        yield Harvest(out, harvest_url(host), http)


def harvest_url(host: str) -> str:
    """Where the API is: under /harvest of Harbor's address; an address with a path of its own is taken as it is."""
    origin = origin_of(host)
    return origin.rstrip("/") if urlsplit(origin).path else f"{origin}/harvest"


def refused(reply: httpx.Response) -> Failure:
    """The failure that a refusal means."""
    return _failure(reply, _json(reply))


def _failure(reply: httpx.Response, answer: object) -> Failure:
    status = reply.status_code
    body = answer if isinstance(answer, dict) else {}
    message = body.get("message") or body.get("error_description")
    if not isinstance(message, str):
        message = f"The server answered {status} with something that Harvest does not answer."
    hint = _HINTS.get(status)
    if status == 429:
        hint = f"Wait {reply.headers.get('retry-after', '15')} s and run it again."
    return Failure(message, hint=hint, code=_CODES.get(status, "refused"), facts={"status": status})


_CODES: Final[Mapping[int, str]] = {
    401: "invalid_token",
    403: "forbidden",
    404: "not_found",
    422: "unprocessable",
    429: "rate_limited",
}


def _json(reply: httpx.Response) -> object:
    try:
        found: object = reply.json()
    except ValueError:
        return None
    return found
