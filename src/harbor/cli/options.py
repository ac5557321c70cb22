"""Options that commands share: which server, which key, which workspace, and in what form to answer."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec
from urllib.parse import urlsplit

import click

from harbor.cli.output import Exit, Failure, Output

if TYPE_CHECKING:
    from harbor_sdk import Harbor

P = ParamSpec("P")

PORT: Final = 8000
HOST: Final = f"http://127.0.0.1:{PORT}"
SECRET_KEY: Final = "HARBOR_SECRET_KEY"  # noqa: S105 (a name)
ADMIN_KEY: Final = "HARBOR_ADMIN_KEY"
HARPER_USER: Final = "admin"  # whom `harbor init` makes
HARPER_PASSWORD: Final = "HARPER_PASSWORD"  # noqa: S105 (a name)
HARVEST_TOKEN: Final = "HARBOR_HARVEST_TOKEN"  # noqa: S105 (a name)
HARVEST_ACCOUNT: Final = "HARBOR_HARVEST_ACCOUNT"
FROM_HARVEST_TOKEN: Final = "HARBOR_FROM_HARVEST_TOKEN"  # noqa: S105 (a name)

_HERE: Final = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1", "::"})  # noqa: S104 (names, nothing listens)

json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")
host_option = click.option(
    "--host",
    envvar="HARBOR_URL",
    show_envvar=True,
    default=HOST,
    show_default=True,
    metavar="URL",
    help="Origin of the server.",
)
workspace_option = click.option(
    "--workspace",
    "named_workspace",
    envvar="HARBOR_WORKSPACE",
    show_envvar=True,
    metavar="WORKSPACE_ID",
    help="Workspace; by default the one the key belongs to.",
)
webhook_secret_option = click.option(
    "--secret",
    envvar="HARBOR_WEBHOOK_SECRET",
    show_envvar=True,
    required=True,
    metavar="WHSEC",
    help="The endpoint's signing secret.",
)
harper_user_option = click.option(
    "--user",
    envvar="HARPER_USERNAME",
    show_envvar=True,
    default=HARPER_USER,
    show_default=True,
    help="User of the tables.",
)
harper_password_option = click.option(
    "--password",
    envvar=HARPER_PASSWORD,
    show_envvar=True,
    metavar="SECRET",
    help="Their password. The variable is safer: others can read command lines.",
)
harvest_token_option = click.option(
    "--token",
    envvar=HARVEST_TOKEN,
    show_envvar=True,
    metavar="SECRET",
    help="Personal access token. The variable is safer: others can read command lines.",
)
from_harvest_token_option = click.option(
    "--from-token",
    envvar=FROM_HARVEST_TOKEN,
    show_envvar=True,
    metavar="SECRET",
    help="Personal access token of an administrator there. The variable is safer.",
)
harvest_account_option = click.option(
    "--account", envvar=HARVEST_ACCOUNT, show_envvar=True, metavar="NUMBER", help="Number of the account."
)
idempotency_option = click.option(
    "--idempotency-key",
    metavar="TEXT",
    help="Makes the request safe to repeat for 24 hours: it is then retried after passing trouble.",
)


@dataclass(frozen=True, slots=True)
class Session:
    """A command's connection to the server and its output."""

    harbor: Harbor
    out: Output
    named_workspace: str | None = None

    def workspace(self) -> str:
        """The workspace that was named, else the key's own. Raises `Failure` when there is neither."""
        if self.named_workspace:
            return self.named_workspace
        from harbor_sdk import PermissionDeniedError

        try:
            workspace_id = self.harbor.key.retrieve().workspace_id
        except PermissionDeniedError:
            workspace_id = None  # the admin key of `init` works for administration alone
        if workspace_id is None:
            raise Failure(
                "This key belongs to no single workspace, so one must be named.",
                hint="Pass --workspace or set HARBOR_WORKSPACE; `harbor workspaces list` shows them.",
                code="workspace_needed",
                exit_code=Exit.USAGE,
            )
        return workspace_id


def with_output(command: Callable[Concatenate[Output, P], None]) -> Callable[..., None]:
    """Gives a command `--json`, and an `Output` as its first argument."""

    @functools.wraps(command)
    def run(*args: Any, as_json: bool, **given: Any) -> None:
        command(Output(as_json), *args, **given)

    return json_option(run)


def with_session(
    *, admin: bool = False, workspace: bool = False
) -> Callable[[Callable[Concatenate[Session, P], None]], Callable[..., None]]:
    """Gives a command `--host`, `--key` and `--json`, with `workspace` also `--workspace`, and a `Session` first.

    An `admin` command takes its key from HARBOR_ADMIN_KEY. What the server refuses becomes a `Failure`.
    """
    variable = ADMIN_KEY if admin else SECRET_KEY

    def decorate(command: Callable[Concatenate[Session, P], None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(
            *args: Any, host: str, key: str | None, as_json: bool, named_workspace: str | None = None, **given: Any
        ) -> None:
            with session_of(host, key, Output(as_json), named_workspace, variable) as session:
                command(session, *args, **given)

        wrapped = json_option(run)
        wrapped = workspace_option(wrapped) if workspace else wrapped
        return host_option(key_option(variable)(wrapped))

    return decorate


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the client library leave the block as failures with a hint and an exit code."""
    from harbor.cli.output_hints import failure
    from harbor_sdk import HarborError

    try:
        yield
    except HarborError as error:
        raise failure(error) from error


@contextmanager
def session_of(host: str, key: str | None, out: Output, workspace: str | None, variable: str) -> Iterator[Session]:
    """A session with the server at `host`. Raises `Failure` without a key, or for what the server refuses."""
    if not key:
        raise Failure(
            "No key was given.",
            hint=f"Set {variable}, or pass --key; `harbor init` prints the first keys.",
            code="key_needed",
            exit_code=Exit.USAGE,
        )
    from harbor_sdk import Harbor

    with translated(), Harbor(key, host=origin_of(host), logger=_Waits(out)) as harbor:
        yield Session(harbor, out, workspace)


def key_option(variable: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """`--key`, which may come from `variable`."""
    return click.option(
        "--key",
        envvar=variable,
        show_envvar=True,
        metavar="SECRET",
        help="Secret key. The variable is safer: others can read command lines.",
    )


def origin_of(host: str) -> str:
    """An origin out of what people type, such as `localhost`, `localhost:9000` or `harbor.example.com`.

    An address to listen on means the server on this machine. Beyond it a key travels in clear text only when http:// is
    asked for.
    """
    if "://" in host:
        return host
    parts = urlsplit(f"//{host}")
    if parts.hostname not in _HERE:
        return f"https://{host}"
    has_port = parts.netloc.rpartition(":")[2].isdigit()
    return f"http://{parts.netloc}{'' if has_port else f':{PORT}'}{parts.path}"


class _Waits:
    """Tells a person at a terminal why the program waits; the client library repeats some requests by itself."""

    def __init__(self, out: Output) -> None:
        self._is_heard = sys.stderr.isatty()
        self._out = out

    def debug(self, msg: str, /, *args: object) -> None: ...
    def info(self, msg: str, /, *args: object) -> None: ...
    def error(self, msg: str, /, *args: object) -> None: ...

    def warning(self, msg: str, /, *args: object) -> None:
        if self._is_heard:
            self._out.note(msg % args)
