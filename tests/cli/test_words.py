"""The listing, and what every command has in common."""

from __future__ import annotations

import importlib.util
import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tests.cli.conftest import Run

from harbor.cli.main import WORDS, Word, load

GHOST = Word("harbor.cli.ghost:ghost", "Not there.")


def installed() -> Iterator[tuple[str, click.Command]]:
    """Every command there is, with the words that lead to it."""
    for name, word in WORDS.items():
        module = word.target.partition(":")[0]
        if importlib.util.find_spec(module) is not None:
            yield from walk(name, load(name, word))


def walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from walk(f"{path} {name}", child)


COMMANDS = dict(installed())
LEAVES = {path: command for path, command in COMMANDS.items() if not isinstance(command, click.Group)}


def examples(command: click.Command) -> list[list[str]]:
    """The words of each example, without the program's name and without what its output is piped into."""
    lines = (command.help or "").partition("Example:")[2].splitlines()
    found = [shlex.split(part) for line in lines for part in line.split(" && ") if part.strip().startswith("harbor ")]
    return [words[1 : words.index("|")] if "|" in words else words[1:] for words in found]


def test_the_listing_names_every_word_with_a_line_of_help(run: Run) -> None:
    listed = run("--help")

    assert listed.code == 0
    for name, word in WORDS.items():
        assert any(line.split() == [name, *word.help.split()] for line in listed.stdout.splitlines()), name


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_help_with_an_example(run: Run, path: str) -> None:
    shown = run(*path.split(), "--help")

    assert shown.code == 0
    assert "Example:" in shown.stdout
    assert f"  harbor {path.split()[0]}" in shown.stdout
    assert COMMANDS[path].get_short_help_str(limit=200)


@pytest.mark.parametrize("path", LEAVES)
def test_every_command_answers_in_json_when_asked(path: str) -> None:
    assert any("--json" in option.opts for option in LEAVES[path].params), path


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_says_what_it_is_for(path: str) -> None:
    for parameter in COMMANDS[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, (path, parameter.name)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_example_is_a_command_line_that_parses(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("order.json", "body.json", "headers.txt"):
        (tmp_path / name).write_text(json.dumps({"order_id": "ord_77"}))
    monkeypatch.setenv("HARBOR_WEBHOOK_SECRET", "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY")

    parsed = examples(COMMANDS[path])

    assert parsed
    for words in parsed:
        found = max(
            (known for known in LEAVES if words[: known.count(" ") + 1] == known.split()), key=len, default=None
        )
        assert found is not None, words
        LEAVES[found].make_context(found, words[found.count(" ") + 1 :])


def test_a_word_whose_module_is_missing_takes_only_itself_away(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WORDS, "ghost", GHOST)  # type: ignore[arg-type]

    assert run("--help").code == 0
    assert run("events", "--help").code == 0
    refused = run("ghost")
    assert refused.code == 2
    assert refused.stderr.startswith("error: `harbor ghost` is not part of this installation.\nnext: ")


def test_a_fault_inside_a_module_is_not_taken_for_a_missing_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_word.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        load("broken", Word("broken_word:broken", "Broken."))


def test_an_unknown_word_is_wrong_usage(run: Run) -> None:
    refused = run("evnets")

    assert refused.code == 2
    assert refused.stderr.startswith("error: No such command 'evnets'.")
    assert "next: `harbor --help` shows how." in refused.stderr


def test_wrong_usage_under_json_is_one_json_object(run: Run) -> None:
    refused = run("events", "list", "--limit", "0", "--json")

    assert refused.code == 2
    assert refused.stdout == ""
    assert refused.error["code"] == "wrong_usage"
    assert "--limit" in refused.error["message"]
    assert refused.error["hint"] == "`harbor events list --help` shows how."


def test_a_group_without_a_word_shows_its_help_and_is_wrong_usage(run: Run) -> None:
    shown = run("events")

    assert shown.code == 2
    assert "Usage: harbor events" in shown.stderr
