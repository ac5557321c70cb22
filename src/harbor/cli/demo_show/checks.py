"""The sixth chapter: a person is verified in Harbour's sandbox, and SQL finds the check and its events."""

from __future__ import annotations

from typing import Any, Final

from harbor.cli.demo_show.story import Stage
from harbor.cli.output import Output
from harbor.cli.tables_session import connected

# By this name the sandbox waits for each step.
APPLICANT: Final = {"first_name": "Ada", "last_name": "Stuck", "email": "ada@example.com"}
CONSENT: Final = {
    "text_version": "2026-01",
    "accepted_at": "2026-05-25T11:58:00Z",
    "ip": "203.0.113.7",
    "user_agent": "harbor demo",
}
ORDER: Final = "ord_77"
EVENTS: Final = "select count(*) as n from harbor.events where type like 'harbour.verification.%'"
_STEPS_MAX: Final = 10
_TIMEOUT_S: Final = 20


def verify_a_person(stage: Stage) -> None:
    """Chapter 6: what a program does with Harbour's verifications."""
    import httpx

    screen, findings, harbour = stage.screen, stage.findings, stage.shop.made["harbour"]
    screen.chapter("Check", "Harbour's API: a person is verified. The sandbox decides, a step each time it is asked.")
    with httpx.Client(
        base_url=f"{stage.server.address}/harbour", headers={"x-api-key": harbour["api_key"]}, timeout=_TIMEOUT_S
    ) as client:
        body = {
            "verification_type": "enhanced_identity_verification",
            "applicant": APPLICANT,
            "consent": CONSENT,
            "verification_metadata": {"order": ORDER},
        }
        check = _done(client.post("/verifications", json=body))
        place = f"/verifications/{check['verification_id']}"
        screen.fact("Started", check["verification_id"])
        states = [check["status"], (check := _done(client.post(f"{place}/submit", json={})))["status"]]
        while check["status"] == "in_progress" and len(states) < _STEPS_MAX:
            check = _done(client.post(f"/sandbox{place}/advance", json={}))
            states.append(check["status"])
        screen.fact("States", " → ".join(dict.fromkeys(states)))
        screen.fact("Result", str(check["result"]), "green")
        found = _done(client.get("/verifications", params={"order": ORDER}))["items"]
        screen.fact("Found", f"{len(found)} by its metadata order={ORDER}")
    harper = stage.shop.made["harper"]
    with connected(f"{stage.server.operations}/", harper["username"], harper["password"], Output(True)) as tables:
        screen.fact("SQL", EVENTS)
        (row,) = tables.ask("sql", sql=EVENTS)
    screen.fact("", str(row["n"]), "green")
    findings.add("a check that the sandbox ran", expected="verified", seen=check["result"])
    findings.add("  found by its metadata", expected=1, seen=len(found))
    findings.add("  its steps are events, says SQL", expected="yes", seen="yes" if row["n"] else "no")


def _done(reply: Any) -> dict[str, Any]:
    reply.raise_for_status()
    found: dict[str, Any] = reply.json()
    return found
