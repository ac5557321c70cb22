"""A person's expenses in the console: tracked with a receipt, changed, handed in, approved and locked."""

from __future__ import annotations

import re
from datetime import date

from tests.console.session import sign_in
from tests.products.harvest_timesheets.expenses.test_receipt_types import GIF, png
from tests.products.harvest_timesheets.pages.studio import BASE, Studio

from harbor.kernel.identity.people_model import Role

MILE = "0.535"


async def kinds(studio: Studio) -> dict[str, str]:
    """The categories of the account, by name."""
    found = await studio.office.admin.got("/v2/expense_categories")
    return {each["name"]: str(each["id"]) for each in found["expense_categories"]}


def lunch(studio: Studio, kind: str, **more: str) -> dict[str, str]:
    """An expense of one day."""
    facts = {"project_id": str(studio.project["id"]), "spent_date": "2026-05-27", "billable": "true"}
    return {**facts, "expense_category_id": kind, **more}


async def test_expenses_of_a_week_from_a_receipt_to_their_approval(studio: Studio) -> None:
    me, kind = studio.max_, await kinds(studio)
    empty = await studio.page("expenses?date=2026-05-27", at=me)
    assert "No expenses in this week yet." in empty.text
    assert 'enctype="multipart/form-data"' in empty.main
    assert f'data-price="{MILE}0"' in empty.main

    meal = lunch(studio, kind["Meals"], total_cost="1,234.5", notes="<b>team</b>")
    added = await studio.post("expenses", meal, at=me, files={"receipt": ("lünch.gif", GIF)})
    assert "The expense is tracked." in added.text
    assert "$1,234.50" in added.text
    assert "&lt;b&gt;team" in added.main
    path = re.findall(r'href="/console([^"]*/expenses/\d+)"', added.main)[0]
    drive = lunch(studio, kind["Mileage"], units="12.5", total_cost="99")
    driven = await studio.post("expenses", {**drive, "billable": "false"}, at=me)
    assert "Mileage · not billable" in driven.text
    assert "12.5 × mile" in driven.text
    assert "$6.69" in driven.text
    assert "Total $1,241.19" in driven.text

    # Its receipt, for who sees it, and never as a page.
    given = await me.get(f"{path}/receipt")
    assert (given.status, given.body, given.headers["content-type"]) == (200, GIF, "image/gif")
    assert given.headers["content-disposition"] == "attachment; filename*=UTF-8''l%C3%BCnch.gif"
    assert "sandbox" in given.headers["content-security-policy"]
    assert (await studio.ada.get(f"{path}/receipt")).status == 200
    assert (await studio.nobody.get(f"{path}/receipt")).status == 404

    # Changed: another receipt, none, and what is wrong.
    form = await studio.page(path, at=me)
    assert form.value_of("total_cost") == "1234.50"
    assert "<img" in form.main
    again = await studio.post(path, {**meal, "total_cost": "20"}, at=me, files={"receipt": ("b.png", png())})
    assert "$20.00" in again.text
    assert (await me.get(f"{path}/receipt")).headers["content-type"] == "image/png"
    same = await studio.post(path, {**meal, "total_cost": "20"}, at=me, files={"receipt": ("", b"")})
    assert "$20.00" in same.text
    assert (await me.get(f"{path}/receipt")).status == 200
    await studio.post(path, {**meal, "total_cost": "20", "delete_receipt": "true"}, at=me)
    assert (await me.get(f"{path}/receipt")).status == 404
    for fields, file, field in (
        ({**meal, "total_cost": "much"}, None, "total_cost"),
        ({**meal, "total_cost": ""}, None, "total_cost"),
        ({**meal, "total_cost": "99999999999"}, None, "total_cost"),
        ({**drive, "units": ""}, None, "units"),
        ({**drive, "units": "9" * 20}, None, "units"),
        ({**meal, "project_id": ""}, None, "project_id"),
        ({**meal, "project_id": "77777"}, None, "project_id"),
        ({**meal, "expense_category_id": "9" * 30}, None, "expense_category_id"),
        ({**meal, "expense_category_id": "x"}, None, "expense_category_id"),
        (meal, ("a.html", b"<script>"), "receipt"),
    ):
        files = None if file is None else {"receipt": file}
        refused = await studio.post("expenses", fields, at=me, status=422, files=files)
        assert refused.refusal[0] == field, (fields, refused.refusal)
    assert (await studio.page("expenses/month?date=2026-05-01", at=me)).text.count("Mileage") == 2

    # Without time in it the week goes through approval by itself.
    one = {"date": "2026-05-27"}
    submitted = await studio.post("expenses/submit", one, at=me)
    assert "Handed in" in submitted.text
    inbox = await studio.page("approvals")
    assert "Max Member, week of 25 May 2026" in inbox.text
    assert "Expenses of $26.69, $20.00 of them billable." in inbox.text
    which = {"person": str(studio.colleague.id), "week": "2026-05-25"}
    await studio.post("approvals/approve", which, at=me, status=409)
    assert "Nothing waits for you" in (await studio.post("approvals/reject", which)).text
    await studio.post("expenses/submit", one, at=me)
    assert "Not handed in" in (await studio.post("expenses/withdraw", one, at=me)).text
    await studio.post("expenses/submit", one, at=me)
    assert "The week is approved" in (await studio.post("approvals/approve", which)).text

    # Locked, and it says why.
    locked = await studio.page(f"expenses?{'date=2026-05-27'}", at=me)
    assert locked.text.count("Expense is approved.") == 2
    shut = await studio.page(path, at=me)
    assert "Expense is approved. It can no longer be changed." in shut.text
    assert "/delete" not in shut.main
    for target in (path, f"{path}/delete"):
        told = await studio.post(target, meal, at=me, status=409)
        assert "Expense is approved." in told.text
    late = await studio.post("expenses", meal, at=me, status=422)
    assert late.refusal == ("spent_date", "Spent date is in a locked time period")
    fixed = await studio.page(path)
    assert "Administrators may still change it" in fixed.text
    await studio.post("expenses/withdraw", one, at=me, status=403)
    opened = await studio.post("expenses/withdraw", {**one, "person": str(studio.colleague.id)})
    assert "Not handed in" in opened.text
    gone = await studio.post(f"{path}/delete", at=me)
    assert "The expense is gone." in gone.text


async def test_expenses_go_with_the_time_of_their_week(on_sqlite: Studio) -> None:
    studio, me = on_sqlite, on_sqlite.max_
    kind = await kinds(studio)
    await studio.post("time", {"work": studio.work, "date": "2026-05-26", "hours": "2"}, at=me)
    await studio.post("expenses", lunch(studio, kind["Meals"], total_cost="8"), at=me)

    await studio.post("expenses/submit", {"date": "2026-05-27"}, at=me)
    inbox = await studio.page("approvals")
    await studio.post("approvals/approve", {"person": str(studio.colleague.id), "week": "2026-05-25"})

    assert "2:00 hours, 2:00 of them billable." in inbox.text
    assert "Expenses of $8.00" in inbox.text
    assert "Approved" in (await studio.page("time/week?date=2026-05-27", at=me)).text
    assert "Approved" in (await studio.page("expenses?date=2026-05-27", at=me)).text


async def test_whose_expenses_are_seen_and_changed_is_as_with_time(on_sqlite: Studio) -> None:
    studio, day = on_sqlite, date(2026, 5, 27).isoformat()
    kind = await kinds(studio)
    hers = lunch(studio, kind["Lodging"], total_cost="80")
    made = await studio.post("expenses", {**hers, "person": str(studio.colleague.id)})
    assert "These are the expenses of Max Member." in made.text
    own = await studio.post("expenses", hers)
    path = re.findall(r'href="/console([^"]*/expenses/\d+)"', own.main)[0]

    assert "Lodging" in (await studio.page(f"expenses?date={day}", at=studio.max_)).text
    for target in (path, f"{path}/receipt"):
        assert (await studio.max_.get(target)).status == 403
    for target in (path, f"{path}/delete"):
        await studio.post(target, hers, at=studio.max_, status=403)
    await studio.page(f"expenses?person={studio.office.opened.administrator.id}", at=studio.max_, status=403)
    assert "You are in no account of Harvest" in (await studio.page("expenses", at=studio.nobody)).text
    assert (await studio.nobody.post(f"{BASE}/expenses", hers)).status == 403
    for target in ("expenses/77777", "expenses/x", "expenses/77777/receipt"):
        await studio.page(target, status=404)

    # What is not there any more is still shown with what was tracked to it.
    await studio.office.admin.changed(f"/v2/expense_categories/{kind['Lodging']}", {"is_active": False})
    kept = await studio.page(path)
    assert "Lodging" in kept.text
    none = await studio.post("expenses", hers, status=422)
    assert none.refusal == ("expense_category_id", "Expense category is archived")


async def test_who_manages_a_project_sees_and_approves_its_expenses_alone(on_sqlite: Studio) -> None:
    studio, kind = on_sqlite, await kinds(on_sqlite)
    manager = await studio.office.person("manager", "time_and_expenses_manager", email="mia@example.com")
    mia = await sign_in(studio.office.house, studio.office.organization, role=Role.MEMBER, email="mia@example.com")
    other = await studio.office.project(name="Secret")
    admin, max_id = studio.office.admin, studio.colleague.id
    seats = f"/v2/projects/{studio.project['id']}/user_assignments"
    await admin.made(seats, {"user_id": manager.id, "is_project_manager": True})
    await admin.made(f"/v2/projects/{other['id']}/user_assignments", {"user_id": max_id})
    hers = await studio.post("expenses", lunch(studio, kind["Meals"], total_cost="8"), at=studio.max_)
    path = re.findall(r'href="/console([^"]*/expenses/\d+)"', hers.main)[0]
    elsewhere = {**lunch(studio, kind["Meals"], total_cost="90"), "project_id": str(other["id"])}
    await studio.post("expenses", elsewhere, at=studio.max_)
    await studio.post("expenses/submit", {"date": "2026-05-27"}, at=studio.max_)

    inbox = await studio.page("approvals", at=mia)
    form = await studio.page(path, at=mia)
    changed = await studio.post(path, lunch(studio, kind["Meals"], total_cost="9"), at=mia)
    await studio.post("approvals/approve", {"person": str(max_id), "week": "2026-05-25"}, at=mia)

    assert "Expenses of $8.00" in inbox.text
    assert "Secret" not in form.main
    assert "The expense is saved." in changed.text
    found = (await admin.got("/v2/expenses"))["expenses"]
    states = {each["project"]["name"]: (each["total_cost"], each["approval_status"]) for each in found}
    assert states == {"Website": (9.0, "approved"), "Secret": (90.0, "submitted")}
