"""The committed OpenAPI documents are those that the route tables make."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_committed_documents_are_up_to_date() -> None:
    checked = subprocess.run(
        [sys.executable, "scripts/openapi", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr
