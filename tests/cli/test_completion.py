"""`harbor completion`, and what the program answers a shell that completes a line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import PROGRAM, Run
from tests.cli.test_words import GHOST

from harbor.cli.main import WORDS

HEAVY = ("rich", "httpx", "harbor_sdk", "msgspec", "harbor.kernel")


def asked(*words: str) -> list[str]:
    """What the program offers for the last of the words."""
    line = {"COMP_WORDS": " ".join(["harbor", *words]), "COMP_CWORD": str(len(words))}
    done = subprocess.run(
        [PROGRAM],
        env={**os.environ, **line, "_HARBOR_COMPLETE": "bash_complete"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [item.partition(",")[2] for item in done.stdout.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_the_program(run: Run, shell: str) -> None:
    printed = run("completion", shell)

    assert (printed.code, printed.stderr) == (0, "")
    assert f"_HARBOR_COMPLETE={shell}_complete" in printed.stdout
    assert run("completion", shell, "--json").json == {"shell": shell, "script": printed.stdout.removesuffix("\n")}


def test_another_shell_is_wrong_usage(run: Run) -> None:
    assert run("completion", "tcsh").code == 2


def test_words_options_and_choices_are_completed() -> None:
    assert asked("") == list(WORDS)
    assert asked("ev") == ["events"]
    assert asked("events", "") == ["create", "get", "list", "tail"]
    assert asked("tables", "") == ["export", "import", "list", "sql"]
    assert asked("time", "") == ["export", "import", "list", "log", "start", "status", "stop"]
    assert "--forward-to" in asked("listen", "--")
    assert asked("workspaces", "create", "--environment", "") == ["production", "sandbox"]
    assert asked("completion", "") == ["bash", "zsh", "fish"]
    assert asked("evnets", "") == list(WORDS)  # nothing is known of it, so the line begins anew


def test_bash_completes_a_line_with_the_script(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    script = (
        'eval "$(harbor completion bash)"; COMP_WORDS=(harbor deliveries re); COMP_CWORD=2; '
        '_harbor_completion harbor; echo "${COMPREPLY[@]}"; complete -p harbor'
    )
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(
        [bash, "--norc", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )

    offered, registered = done.stdout.splitlines()
    assert offered.split() == ["replay", "replay-many"]
    assert registered.endswith("-F _harbor_completion harbor")


def test_completing_loads_no_library_that_it_does_not_need() -> None:
    script = (
        "import sys; from harbor.cli.main import harbor\n"
        "try: harbor(prog_name='harbor')\n"
        "except SystemExit: print(*sys.modules)"
    )
    line = {"COMP_WORDS": "harbor ", "COMP_CWORD": "1", "_HARBOR_COMPLETE": "bash_complete"}

    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **line}, capture_output=True, text=True, check=True
    )

    loaded = done.stdout.splitlines()[-1].split()
    assert "click.shell_completion" in loaded
    assert [name for name in (*HEAVY, "harbor.cli.serve", "harbor.cli.events") if name in loaded] == []


def test_a_word_that_is_not_installed_is_offered_nothing_and_makes_no_noise(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(WORDS, "ghost", GHOST)  # type: ignore[arg-type]

    told = run(COMP_WORDS="harbor ghost --", COMP_CWORD="2", _HARBOR_COMPLETE="bash_complete")

    assert (told.code, told.stderr) == (0, "")
