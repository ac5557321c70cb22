"""An invoice of a thousand entries, killed at twenty points, is whole or absent."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from tests.products.harvest_timesheets.billing import killing

KILLS = 20
ABSENT = {"invoices": 0, "lines": 0, "billed": 0, "locks": 0, "wrong": 0}
WHOLE = {"invoices": 1, "lines": killing.ENTRIES, "billed": killing.ENTRIES, "locks": 1, "wrong": 0}


async def test_an_invoice_that_is_killed_is_whole_or_absent(tmp_path: Path) -> None:
    module = "tests.products.harvest_timesheets.billing.killing"
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, str(tmp_path), str(KILLS)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[4],
    )
    async with asyncio.timeout(120):
        out, err = await program.communicate()

    assert program.returncode == 0, err.decode()
    *states, ending = (json.loads(line) for line in out.splitlines())
    assert len(states) == KILLS
    assert all(state in (ABSENT, WHOLE) for state in states), states
    assert ending["ended"] < KILLS
