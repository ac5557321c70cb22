"""The documents say what is there: links lead somewhere, examples can be read, commands and settings exist."""

from __future__ import annotations

import ast
import re
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click
import pytest

from harbor.cli.main import WORDS, load
from harbor.kernel.settings import SETTINGS
from harbor.kernel.settings.loading import FOREIGN

ROOT = Path(__file__).parent.parent.parent
NOT_OURS = {"node_modules", ".venv", ".cache", ".git", ".pytest_cache"}

# Variables of client programs and of tests.
VARIABLES = {*FOREIGN, "HARBOR_TEST_DSN", "HARBOR_TEST_REQUIRE_ALL"}
SHELLS = {"sh", "bash", "shell", "console"}
_RUNNERS = {"sudo", "exec", "nohup", "time"}

_FENCE = re.compile(
    r"^ {0,3}(?P<mark>`{3,}|~{3,}) *(?P<language>[\w+-]*)[^\n]*\n(?P<text>.*?)^ {0,3}(?P=mark) *$", re.M | re.S
)
_INLINE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(<?([^\s)>]+)>?(?: +\"[^\"]*\")?\)")
_SOURCE = re.compile(r"[\w.-]+(?:/[\w.-]+)+\.(?:py|sql|toml|json|md|txt)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: where it begins, its language and its text."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{_name(self.page)}:{self.line}"


def test_every_link_and_anchor_leads_somewhere() -> None:
    broken = [
        f"{_name(page)}: {target}"
        for page in _pages()
        for target in _links(page)
        if not re.match(r"[a-z][a-z0-9+.-]*:", target) and not _is_there(page, target)
    ]

    assert broken == []


def test_every_page_is_reached_from_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / target.partition("#")[0]).resolve() for target in _links(index)}

    assert {
        _name(page) for page in (ROOT / "docs").rglob("*.md") if page != index and page.resolve() not in linked
    } == set()


def test_every_python_example_can_be_parsed() -> None:
    unreadable = []
    for block in _blocks({"python", "py"}):
        try:
            ast.parse(textwrap.dedent(block.text))
        except SyntaxError as error:
            unreadable.append(f"{block}: {error}")

    assert unreadable == []


def test_every_command_and_option_that_is_to_be_typed_exists() -> None:
    wrong = [f"{block}: {fault}" for block in _blocks(SHELLS) for fault in _faults_in(block.text)]

    assert wrong == []


def test_every_word_of_the_program_named_in_a_sentence_exists() -> None:
    unknown = [
        f"{_name(page)}: {span}"
        for page in _pages()
        for _, span in _INLINE.findall(_prose(page))
        if (said := re.match(r"harbor ([a-z][a-z-]*)", span)) and said[1] not in WORDS
    ]

    assert unknown == []


def test_every_setting_named_exists() -> None:
    known = {setting.name for setting in SETTINGS.values()} | VARIABLES
    unknown = {
        f"{_name(page)}: {name}"
        for page in _pages()
        for name in re.findall(r"\bHARBOR_[A-Z_]*[A-Z]\b", page.read_text("utf-8"))
        if name not in known
    }

    assert unknown == set()


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"])
def test_every_file_named_in_a_sentence_exists(name: str) -> None:
    there = {
        f"/{_name(path)}"
        for top in ("src", "tests", "sdks", "docs", "benchmarks")
        for path in (ROOT / top).rglob("*.*")
    }
    named = {span for _, span in _INLINE.findall(_prose(ROOT / name)) if _SOURCE.fullmatch(span)}

    assert {span for span in named if not any(path.endswith(f"/{span}") for path in there)} == set()


def test_the_rules_find_what_they_look_for(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A page\n\n## Two words\n\n## Two words\n\n```python\nnot [a](link.md)\n```\n\n[it](page.md#two-words-1) `[no](x.md)`\n"
    )

    assert _links(page) == ["page.md#two-words-1"]
    assert _is_there(page, "page.md#two-words-1")
    assert not _is_there(page, "page.md#two-words-2")
    assert not _is_there(page, "other.md")
    assert [*_faults_in("VAR=1 harbor serve --port 1 && harbor webhooks verify --secret x  # harbor none")] == []
    assert [
        *_faults_in(
            "sudo .venv/bin/harbor sreve\nmv harbor /x/harbor old\nharbor serve \\\n  --prot 1\nharbor webhooks verfiy"
        )
    ] == [
        "there is no `harbor sreve`",
        "`harbor serve` has no --prot",
        "there is no `harbor webhooks verfiy`",
    ]


def _pages() -> list[Path]:
    """Our own pages; what is generated is held to the same."""
    return sorted(path for path in ROOT.rglob("*.md") if NOT_OURS.isdisjoint(path.relative_to(ROOT).parts))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def _links(page: Path) -> list[str]:
    """The targets of a page's links. Inline code goes first: what looks like a link in it is none."""
    return _LINK.findall(_INLINE.sub("", _prose(page)))


def _blocks(languages: set[str]) -> Iterator[Block]:
    for page in _pages():
        text = page.read_text("utf-8")
        for found in _FENCE.finditer(text):
            if found["language"] in languages:
                yield Block(page, text.count("\n", 0, found.start()) + 1, found["language"], found["text"])


def _is_there(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    found = (page.parent / path).resolve() if path else page
    return found.exists() and (not anchor or (found.suffix == ".md" and anchor in _anchors(found)))


@cache
def _anchors(page: Path) -> frozenset[str]:
    """The anchors of a page as GitHub makes them: a title that comes again gets a number."""
    seen: Counter[str] = Counter()
    anchors = set()
    for title in re.findall(r"^#{1,6} +(.+?) *#*$", _FENCE.sub("", page.read_text("utf-8")), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        slug = re.sub(r"[^\w -]", "", plain.lower()).replace(" ", "-")
        anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return frozenset(anchors)


def _faults_in(script: str) -> Iterator[str]:
    """What is wrong with the calls of `harbor` in a script."""
    for words in _calls(script):
        yield from _faults_of(words)


def _calls(script: str) -> Iterator[list[str]]:
    """The arguments of each call of `harbor`, up to the end of the command."""
    for line in script.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=";&|<>()")
        lexer.commenters = "#"
        lexer.whitespace_split = True
        try:
            words = [*lexer]
        except ValueError:  # a text over several lines, such as the body of a curl
            continue
        call: list[str] | None = None
        is_argument = False
        for word in [*words, ";"]:
            if set(word) <= set(";&|<>()"):
                if call is not None:
                    yield call
                call, is_argument = None, False
            elif call is not None:
                call.append(word)
            elif not is_argument and word.rpartition("/")[2] == "harbor":
                call = []
            else:
                is_argument = not re.match(r"\w+=", word) and word not in _RUNNERS


def _faults_of(words: list[str]) -> Iterator[str]:
    place = "harbor"
    if not words or words[0].startswith("-"):
        return
    if words[0] not in WORDS:
        yield f"there is no `harbor {words[0]}`"
        return
    command, rest = load(words[0], WORDS[words[0]]), words[1:]
    place += f" {words[0]}"
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.commands.get(rest[0])
        if found is None:
            yield f"there is no `{place} {rest[0]}`"
            return
        place, command, rest = f"{place} {rest[0]}", found, rest[1:]
    known = {"-h", "--help", "--"} | {
        option for each in command.params for option in (*each.opts, *each.secondary_opts)
    }
    for word in rest:
        option = word.partition("=")[0]
        if option.startswith("-") and option not in known and option != "-":
            yield f"`{place}` has no {option}"
