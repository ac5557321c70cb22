"""Sandbox and production on one server: told apart by host, by port, or by the key."""

from __future__ import annotations

from tests.end_to_end.client import caller
from tests.end_to_end.server import HOSTS, Installation, serving


async def test_a_port_of_the_sandbox_takes_its_keys_only_and_a_host_outweighs_it(installation: Installation) -> None:
    keys = {name: installation.made["harbor"][name]["secret_key"] for name in ("production", "sandbox")}
    with serving(installation, {"HARBOR_SANDBOX_PORT": "0", **HOSTS}) as server:
        async with caller(server.addresses["main"]) as main, caller(server.addresses["sandbox"]) as sandbox:
            at_main = {name: (await main.having(key).get("/v1/key")).status for name, key in keys.items()}
            at_sandbox = {name: (await sandbox.having(key).get("/v1/key")).status for name, key in keys.items()}
            headers = {"Host": HOSTS["HARBOR_PRODUCTION_HOSTS"]}
            by_host = {
                name: (await sandbox.having(key).get("/v1/key", headers=headers)).status for name, key in keys.items()
            }

    assert at_main == {"production": 200, "sandbox": 200}
    assert at_sandbox == {"production": 401, "sandbox": 200}
    assert by_host == {"production": 200, "sandbox": 401}
