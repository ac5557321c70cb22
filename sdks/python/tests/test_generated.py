"""Files that scripts write are what the scripts write now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"


@pytest.mark.parametrize("script", ["sdk_models", "sdk_sync"])
def test_what_is_committed_is_what_the_script_writes(script: str) -> None:
    words = [sys.executable, SCRIPTS / script, "--check"]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
