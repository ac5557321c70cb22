"""The last chapter: the table, the sentence, the JSON document, and what one can try afterwards."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from harbor.cli.demo_show.killing import Killing
from harbor.cli.demo_show.story import Stage
from harbor.cli.output import Failure

LOOK_S: Final = 0.2


def summarize(stage: Stage, seconds: float) -> None:
    """Chapter 8: what was expected, what was seen."""
    screen, findings = stage.screen, stage.findings
    screen.chapter("Summary", f"Took {seconds:.1f} s.")
    screen.table(findings)
    screen.line(findings.sentence, "bold green" if findings.all_hold else "bold red")


def document(stage: Stage, killing: Killing, *, note: str | None, seconds: float) -> dict[str, Any]:
    """What --json prints."""
    shop = stage.shop
    return {
        "passed": stage.findings.all_hold,
        "sentence": stage.findings.sentence,
        "checks": stage.findings.to_list(),
        "kill": killing.to_dict(),
        "address": stage.server.address,
        "note": note,
        "receiver": stage.receiver.address,
        "data_dir": str(stage.place.path),
        "was_used": stage.place.was_used,
        "workspace_id": shop.workspace_id,
        "secret_key": shop.secret_key,
        "admin_key": shop.admin_key,
        "console": {"url": f"{stage.server.address}/console", **_credentials(shop.made["console"], "email")},
        "harper": {"url": stage.server.operations, **_credentials(shop.made["harper"], "username")},
        "harvest": {"url": f"{stage.server.address}/harvest", **shop.made["harvest"]},
        "harbour": {"url": f"{stage.server.address}/harbour", **shop.made["harbour"]},
        "appharbor": {"url": f"{stage.server.address}/appharbor", **shop.made["appharbor"]},
        "endpoints": [{"id": one.id, "url": one.url, "events": list(one.events)} for one in shop.endpoints],
        "seconds": round(seconds, 1),
    }


def _credentials(made: Mapping[str, str], name: str) -> dict[str, str]:
    return {name: made[name], "password": made["password"]}


def stay_up(stage: Stage) -> None:
    """Show the addresses, the keys and lines to try; then what arrives, until Ctrl-C. Raises `Failure` if the server ends by itself."""
    try:
        _invite(stage)
        stage.receiver.show = stage.screen.arrival
        while stage.server.is_alive:
            time.sleep(LOOK_S)
    except KeyboardInterrupt:
        stage.screen.line("\nStopping.")
        return
    raise Failure("The server has ended.", hint=f"Its log is {stage.place.log}.", code="server_ended")


def _invite(stage: Stage) -> None:
    screen, shop, api = stage.screen, stage.shop, f"{stage.server.address}/v1"
    screen.line("\nHarbor stays up until Ctrl-C. Deliveries show here as they arrive.\n", "bold")
    screen.fact("API", api)
    screen.fact("Key", shop.secret_key)
    screen.fact("Admin key", shop.admin_key)
    console, harper, harvest = (shop.made[name] for name in ("console", "harper", "harvest"))
    screen.fact("Console", f"{stage.server.address}/console  {console['email']}  {console['password']}")
    screen.fact("Harper", f"{stage.server.operations}  {harper['username']}  {harper['password']}")
    screen.fact("Harvest", f"{stage.server.address}/harvest  {harvest['account_id']}  {harvest['access_token']}")
    screen.fact("Harbour", f"{stage.server.address}/harbour  {shop.made['harbour']['api_key']}")
    apps = shop.made["appharbor"]
    screen.fact("AppHarbor", f"{stage.server.address}/appharbor  {apps['username']}  {apps['access_token']}")
    screen.fact("Log", str(stage.place.log))
    screen.line("\nTry, in another terminal:\n", "bold")
    screen.line(f'  H="Authorization: Bearer {shop.secret_key}"')
    screen.line(f"  W={shop.workspace_id}")
    screen.line(f'  curl -H "$H" -H "Content-Type: application/json" {api}/events \\')
    screen.line(r"""    -d '{"workspace_id": "'$W'", "type": "order.created", "payload": {"n": 1}}'""")
    screen.line(f'  curl -H "$H" "{api}/events?workspace_id=$W&limit=3"')
    screen.line(f'  curl -H "$H" "{api}/deliveries?workspace_id=$W&limit=3"\n')
    screen.arrivals_begin()
