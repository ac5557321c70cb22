"""The reference in docs/reference says what the code says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from harbor.cli.main import WORDS
from harbor.kernel.settings import SETTINGS
from harbor.kernel.settings.loading import FOREIGN

ROOT = Path(__file__).parent.parent.parent
REFERENCE = ROOT / "docs" / "reference"


def test_the_pages_are_what_the_script_makes_now() -> None:
    checked = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "reference"), "--check"], capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_every_setting_has_a_row() -> None:
    page = (REFERENCE / "settings.md").read_text("utf-8")

    assert set(re.findall(r"^\| `(HARBOR_\w+)` \|", page, re.MULTILINE)) == {
        setting.name for setting in SETTINGS.values()
    }


def test_every_word_of_the_program_has_a_section() -> None:
    page = (REFERENCE / "commands.md").read_text("utf-8")

    assert {f"### harbor {word}" for word in WORDS} <= set(page.splitlines())


def test_the_anchors_that_the_code_cites_exist() -> None:
    cited = {
        (page, anchor)
        for path in (ROOT / "src").rglob("*.py")
        for page, anchor in re.findall(r"docs/reference/(\w+\.md)#([\w-]+)", path.read_text("utf-8"))
    }

    assert ("settings.md", "instance-key") in cited
    assert {(page, anchor) for page, anchor in cited if anchor not in _anchors(REFERENCE / page)} == set()


def test_every_setting_that_a_page_names_is_one() -> None:
    known = {setting.name for setting in SETTINGS.values()} | _of_clients()
    named = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in (ROOT / "docs").rglob("*.md")
        for name in re.findall(r"\bHARBOR_[A-Z_]*[A-Z]\b", path.read_text("utf-8"))
    }

    assert {(path, name) for path, name in named if name not in known} == set()


def _anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def _of_clients() -> set[str]:
    return {*FOREIGN, "HARBOR_TEST", "HARBOR_TEST_DSN", "HARBOR_TEST_REQUIRE_ALL"}
