"""`harbor completion`: the script with which a shell completes words and options."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import ShellComplete, get_completion_class

from harbor.cli.options import with_output
from harbor.cli.output import Output

PROGRAM: Final = "harbor"
VARIABLE: Final = "_HARBOR_COMPLETE"  # by which click knows that a shell asks
SHELLS: Final = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@with_output
def completion(out: Output, *, shell: str) -> None:
    """Print the script that completes words and options of `harbor` in a shell.

    The shell then asks the program itself, so new words need no new script. No server is asked.

    \b
    Where it belongs (for zsh, any folder in $fpath):
      harbor completion bash > ~/.local/share/bash-completion/completions/harbor
      harbor completion zsh > ~/.zfunc/_harbor
      harbor completion fish > ~/.config/fish/completions/harbor.fish

    \b
    Example:
      harbor completion bash
    """
    kind = get_completion_class(shell)
    assert kind is not None, shell
    # The base class alone: the one for bash would look at the bash of this machine, and the script may be for another.
    script = ShellComplete.source(kind(click.Command(PROGRAM), {}, PROGRAM, VARIABLE))
    if out.as_json:
        out.record({"shell": shell, "script": script})
    else:
        click.echo(script)
