"""`harbor stop` where no server runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Run

from harbor.products.appharbor_apps.runner import helpers


def test_who_stops_no_server_hears_of_applications_that_run_on(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hello(_socket: Path) -> dict[str, Any]:
        return {"pid": 1}

    without = run("stop", "--data", str(tmp_path), "--json")
    monkeypatch.setattr(helpers, "hello", hello)
    beside = run("stop", "--data", str(tmp_path), "--json")

    assert (without.code, without.error["code"]) == (beside.code, beside.error["code"]) == (1, "not_running")
    assert without.error["hint"] == "Name the right directory with --data."
    assert beside.error["hint"] == "Its deployed applications run on; end them with harbor stop --apps."
