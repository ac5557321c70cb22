"""The commands of the vendor's overview, word for word; only the host is another one."""

from __future__ import annotations

import shlex
from string import Template

import pytest
from tests.harness import Reply
from tests.products.harvest_timesheets.office import Office

COMMANDS = (
    (
        r"""
curl https://api.harvestapp.com/v2/tasks?page=2&per_page=10 \
-H "Authorization: Bearer $ACCESS_TOKEN" \
-H "Harvest-Account-Id: $ACCOUNT_ID" \
-H "User-Agent: MyApp (yourname@example.com)"
""",
        200,
    ),
    (
        r"""
curl -X POST https://api.harvestapp.com/v2/tasks \
-H "Authorization: Bearer $ACCESS_TOKEN" \
-H "Harvest-Account-Id: $ACCOUNT_ID" \
-H "User-Agent: MyApp (yourname@example.com)" \
-H "Content-Type: application/json" \
-d "{\"name\":\"My New Task\"}"
""",
        201,
    ),
    (
        r"""
curl -X POST https://api.harvestapp.com/v2/tasks \
-H "Authorization: Bearer $ACCESS_TOKEN" \
-H "Harvest-Account-Id: $ACCOUNT_ID" \
-H "User-Agent: MyApp (yourname@example.com)" \
-d name="My New Task"
""",
        201,
    ),
    (
        r"""
curl -X POST https://api.harvestapp.com/v2/company \
-H "Authorization: Bearer $ACCESS_TOKEN" \
-H "Harvest-Account-Id: $ACCOUNT_ID" \
-H "User-Agent: $USER_AGENT"
""",
        200,
    ),
)


@pytest.mark.parametrize(("command", "status"), COMMANDS)
async def test_a_command_of_the_overview_is_answered(company: Office, command: str, status: int) -> None:
    reply = await run(company, command)

    assert reply.status == status, reply.body
    shown = reply.json()
    if status == 201:
        assert (shown["name"], shown["is_active"], shown["default_hourly_rate"]) == ("My New Task", True, 0.0)
    elif "tasks" in shown:
        assert (shown["page"], shown["per_page"], shown["tasks"]) == (2, 10, [])
    else:
        assert shown["full_domain"]


async def run(office: Office, command: str) -> Reply:
    """What curl gets: its arguments as a shell splits them, with the variables of the page."""
    values = {
        "ACCESS_TOKEN": office.opened.token,
        "ACCOUNT_ID": str(office.account),
        "USER_AGENT": "MyApp (yourname@example.com)",
    }
    words = [Template(word).substitute(values) for word in shlex.split(command.replace("\\\n", " "))[1:]]
    method, headers, data, target = "GET", {}, b"", ""
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name.lower()] = value
        elif word == "-d":
            data = words.pop(0).encode()
            headers.setdefault("content-type", "application/x-www-form-urlencoded")
        else:
            target = word.removeprefix("https://api.harvestapp.com")
    client = office.house.client("harvest")
    return await client.request(method, target, body=data, headers=headers, media_type=None)
