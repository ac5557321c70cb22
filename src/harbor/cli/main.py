"""The program `harbor`: one word a command, loaded when it is called.

A word names where its command lives, so the listing costs no imports: `harbor --help` takes about 70 ms, of which
Python and click need 50. A module that is not installed takes only its own word away.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import click

from harbor.cli.output import Exit, Failure, show_failure

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


@dataclass(frozen=True, slots=True)
class Word:
    """A command: `target` is `module:attribute`, `help` its line in the listing."""

    target: str
    help: str


SECTIONS: Final[Mapping[str, Mapping[str, Word]]] = {
    "This machine": {
        "init": Word("harbor.cli.init:init", "Make a data directory, its keys and the first person."),
        "serve": Word("harbor.cli.serve:serve", "Run the server, with the worker in it."),
        "work": Word("harbor.cli.work:work", "Run one more worker (PostgreSQL only)."),
        "stop": Word("harbor.cli.stop:stop", "Stop the server; with --apps the applications too."),
        "demo": Word("harbor.cli.demo:demo", "Show Harbor at work: deliver, fail, kill -9, nothing lost."),
        "migrate": Word("harbor.cli.migrate:migrate", "Bring the database to this version's tables."),
        "doctor": Word("harbor.cli.doctor:doctor", "Look for what is wrong, and say how to mend it."),
        "backup": Word("harbor.cli.backup:backup", "Copy everything into one file."),
        "restore": Word("harbor.cli.restore:restore", "Fill an empty data directory from such a file."),
        "rotate-key": Word("harbor.cli.rotate_key:rotate_key", "Seal all secrets with a fresh instance key."),
        "completion": Word("harbor.cli.completion:completion", "Print the script that completes words in a shell."),
    },
    "A running server": {
        "status": Word("harbor.cli.workspaces_status:status", "Say whether the server answers, and as whom."),
        "events": Word("harbor.cli.events:events", "Create, list, show and follow events."),
        "webhooks": Word("harbor.cli.webhooks:webhooks", "Manage endpoints; check a saved signature."),
        "deliveries": Word("harbor.cli.deliveries:deliveries", "Look into deliveries; send them again."),
        "listen": Word("harbor.cli.listen:listen", "Deliver a workspace's events to a local server."),
        "trigger": Word("harbor.cli.trigger:trigger", "Create an event with a sample payload."),
        "keys": Word("harbor.cli.keys:keys", "Manage secret keys, of a workspace or the organization."),
        "workspaces": Word("harbor.cli.workspaces:workspaces", "Manage the workspaces of the organization."),
        "tables": Word("harbor.cli.tables:tables", "List, ask, fill and export Harper's tables."),
        "time": Word("harbor.cli.time_command:time", "Start, stop, log and list time in Harvest."),
    },
}
WORDS: Final[Mapping[str, Word]] = {name: word for words in SECTIONS.values() for name, word in words.items()}


class Program(click.Group):
    """A group whose commands are imported when they are called, and whose failures look alike."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(WORDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        word = WORDS.get(cmd_name)
        if word is None:
            return None
        try:
            return load(cmd_name, word)
        except Failure:
            if ctx.resilient_parsing:  # a shell that completes a line is told nothing rather than an error
                return None
            raise

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The words from the table, as in the listing: click would import every command for its line of help."""
        from click.shell_completion import CompletionItem

        words = [CompletionItem(name, help=word.help) for name, word in WORDS.items() if name.startswith(incomplete)]
        return [*words, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, words in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, word.help) for name, word in words.items()], col_spacing=3)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and end the process with one of `Exit`; without `standalone_mode` raise instead, as click does."""
        given = sys.argv[1:] if args is None else list(args)
        if not standalone_mode:
            return super().main(given, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            code = super().main(given, prog_name or "harbor", complete_var, standalone_mode=False, **extra)
        except click.exceptions.NoArgsIsHelpError as nothing:
            nothing.show()
            sys.exit(Exit.USAGE)
        except click.Abort:
            sys.exit(Exit.INTERRUPTED)
        except click.ClickException as error:
            show_failure(error, as_json=_wants_json(given))
            sys.exit(error.exit_code)
        sys.exit(code if isinstance(code, int) else Exit.OK)


def load(name: str, word: Word) -> click.Command:
    """The command behind a word. Raises `Failure` when its module is not installed."""
    module_name, _, attribute = word.target.partition(":")
    try:
        command = getattr(import_module(module_name), attribute)
    except ModuleNotFoundError as missing:
        # A module missing inside the command's own module is a fault to be seen, not a word to be left out.
        if missing.name != module_name:
            raise
        raise Failure(
            f"`harbor {name}` is not part of this installation.",
            hint="Install harbor-platform whole, or use the words that `harbor --help` lists on a machine that has it.",
            code="not_installed",
            exit_code=Exit.USAGE,
        ) from missing
    assert isinstance(command, click.Command), word.target
    return command


def _wants_json(args: Sequence[str]) -> bool:
    # A command line that cannot be parsed must also fail in the form asked for, so the raw words are looked at.
    options = args[: args.index("--")] if "--" in args else args
    return "--json" in options


@click.command(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="harbor-platform", prog_name="harbor")
def harbor() -> None:
    """One self-hosted platform for events, signing, time tracking, applications and tables.

    \b
    Example:
      harbor init && harbor serve
      harbor events create order.shipped --payload '{"order_id": "ord_77"}'

    Every command takes --json and ends with 0 (done), 1 (refused, or a check failed), 2 (wrong usage) or 3 (no server
    answered). `harbor WORD --help` tells more.
    """


def main() -> None:
    """What the installed program calls."""
    harbor()
