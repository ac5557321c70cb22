"""The examples of administration in Harper's public reference, as the super user of the operator sends them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.harper.test_documented import compare
from tests.products.harper_tables.admin_ops.conftest import make_operator
from tests.products.harper_tables.conftest import Instance, open_instance

from harbor.kernel.clock import ManualClock
from harbor.kernel.storage.database import Database
from harbor.products.harper_tables.compat import Compat

STORIES: dict[str, list[Any]] = json.loads((Path(__file__).parent / "operator" / "administration.json").read_text())


async def follow(instance: Instance, steps: list[Any]) -> None:
    """Send what is to be sent, and compare."""
    for number, step in enumerate(steps, 1):
        reply = await instance.client.request("POST", "/", step["send"])
        where = f"step {number}: {step['send']}"
        assert reply.status == step.get("status", 200), (where, reply.status, reply.body)
        compare(step["reply"], reply.json(), where)


async def test_every_documented_example_is_answered_as_documented(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    async with open_instance(database, clock, tmp_path, Compat.V5) as instance:
        await make_operator(instance)
        for steps in STORIES.values():
            await follow(instance, steps)


@pytest.mark.parametrize(
    ("compat", "word", "routes", "unknown"),
    [(Compat.V4, "HarperDB", {"hub": [], "leaf": []}, 200), (Compat.V5, "Harper", [], 400)],
)
async def test_both_lines_have_their_words(
    sqlite_database: Database,
    clock: ManualClock,
    tmp_path: Path,
    compat: Compat,
    word: str,
    routes: Any,
    unknown: int,
) -> None:
    async with open_instance(sqlite_database, clock, tmp_path, compat) as instance:
        restarts = await make_operator(instance)

        assert await instance.do("set_configuration", logging_level="warn", operationsApi_network_cors=True) == {
            "message": f"Configuration successfully set. You must restart {word} for new config settings to take effect."
        }
        assert await instance.refused("set_configuration", http_cors="x", logging_level="warn") == (
            400,
            f"{word} config file validation error: 'http.cors' must be a boolean",
        )
        assert (await instance.ask("set_configuration", nobody_knows=1)).status == unknown
        reply = await instance.ask("restart")
        assert reply.json() == {"message": f"Restarting {word}. This may take up to 60 seconds."}
        assert (reply.headers["connection"], restarts) == ("close", ["restarted"])
        assert await instance.do("cluster_get_routes") == routes
        status = await instance.do("get_status")
        assert status == (
            [] if compat is Compat.V4 else {"systemStatus": [], "componentStatus": [], "restartRequired": True}
        )
        csr = await instance.do("create_csr")
        pem = csr["message"] if compat is Compat.V4 else csr["pem"]
        signed = await instance.do("sign_certificate", csr=pem)
        assert list(signed) == ["certificate", "signingCA"]
        added = await instance.do("add_certificate", certificate=signed["certificate"], is_authority=False)
        assert added["message"] == "Successfully added certificate: localhost"
