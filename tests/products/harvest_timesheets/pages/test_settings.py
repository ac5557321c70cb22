"""Settings of an account in the console: company, billing, categories, roles and rates; what is refused, and what is told of it."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from tests.products.harper_tables.pages.workshop import Page
from tests.products.harvest_timesheets.pages.studio import Studio

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.products.harvest_timesheets.billing_settings import service as billing
from harbor.products.harvest_timesheets.company import service as company

SECRET = ("settings", "settings/billing", "settings/expense-categories", "settings/roles", "settings/roles/new")


def typed(page: Page, **other: str | None) -> list[tuple[str, str]]:
    """The fields of the first form of a page as a browser would send them, with others in their place; None leaves one out."""
    form = re.findall(r"<form method=\"post\".*?</form>", page.main, re.DOTALL)[0]
    fields: list[tuple[str, str]] = []
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        is_box = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and name[1] != "_token" and (not is_box or " checked" in tag):
            fields.append((name[1], html.unescape(value[1] if value else "")))
    for name, options in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options) or re.search(
            r'<option value="([^"]*)"', options
        )
        fields.append((name, html.unescape(chosen[1] if chosen else "")))
    for name, text in re.findall(r'<textarea [^>]*name="([^"]*)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        fields.append((name, html.unescape(text)))
    kept = [(name, value) for name, value in fields if name not in other]
    return [*kept, *((name, value) for name, value in other.items() if value is not None)]


async def events(studio: Studio, word: str) -> list[dict[str, Any]]:
    """What was told of changes, as the event log has it."""

    def read(call: Call) -> list[dict[str, Any]]:
        return [
            dict(row)
            for row in call.tx.rows(
                "SELECT type FROM events WHERE account_id = :account_id AND type LIKE :word",
                account_id=call.account_id,
                word=f"harvest.{word}.%",
            )
        ]

    return await studio.office.read(read)


async def test_the_company_is_changed_as_it_is_shown(studio: Studio) -> None:
    page = await studio.page("settings")
    before = await studio.office.admin.got("/v2/company")

    same = await studio.post("settings", typed(page))
    assert "The settings are saved." in same.text
    assert await studio.office.admin.got("/v2/company") == before

    other = {
        "name": " Ünïon <b> ",
        "week_start_day": "Sunday",
        "clock": "24h",
        "time_format": "decimal",
        "date_format": "%d.%m.%Y",
        "currency": "EUR",
        "currency_symbol_display": "symbol_after",
        "currency_code_display": "iso_code_before",
        "decimal_symbol": ",",
        "thousands_separator": "blank",
        "weekly_capacity": "38,5",
        "wants_timestamp_timers": "true",
        "approval_feature": None,
        "timezone": "Bern",
        "rounding": "up",
        "rounding_minutes": "6",
        "budget_hours": "billable",
    }
    await studio.office.admin.made(
        "/v2/time_entries",
        {"project_id": studio.project["id"], "task_id": studio.task["id"], "spent_date": "2026-05-25", "hours": 1.01},
    )
    saved = await studio.post("settings", typed(page, **other))
    assert "&lt;b&gt;" in saved.main
    shown = await studio.office.admin.got("/v2/company")
    assert shown["name"] == "Ünïon <b>"
    assert (shown["weekly_capacity"], shown["thousands_separator"], shown["approval_feature"]) == (138_600, " ", False)
    entry = (await studio.office.admin.got("/v2/time_entries"))["time_entries"][0]
    assert entry["rounded_hours"] == 1.1, "time follows the rule"
    for field, value in (
        ("name", " "),
        ("name", "x" * 256),
        ("timezone", "Atlantis"),
        ("currency", "ZZZ"),
        ("clock", "13h"),
        ("rounding", "down"),
        ("rounding_minutes", "7"),
        ("rounding_minutes", "9" * 40),
        ("weekly_capacity", "169"),
        ("weekly_capacity", "NaN"),
        ("thousands_separator", "?"),
        ("decimal_symbol", "."),
    ):
        marks = {"thousands_separator": "point"} if field == "decimal_symbol" else {}
        refused = await studio.post("settings", typed(saved, **{**marks, field: value}), status=422)
        assert refused.refusal[0] == ("thousands_separator" if marks else field), (field, refused.refusal)
    assert await studio.office.admin.got("/v2/company") == shown
    assert len(await events(studio, "company")) == 2, "made, and changed once"


async def test_billing_begins_with_what_is_set(on_sqlite: Studio) -> None:
    studio = on_sqlite
    page = await studio.page("settings/billing")
    await studio.post("settings/billing", typed(page))
    assert await events(studio, "billing_settings") == [], "unchanged texts stay as they are"

    fields = typed(page, tax="7,5", tax2="2", payment_term="net 30", invoice_notes="one\ntwo", sends_thank_you=None)
    await studio.post("settings/billing", [*fields, ("payment_options", "paypal")])
    kept = await studio.office.read(billing.of)
    assert (kept.tax_e4, kept.tax2_e4, kept.payment_term, kept.sends_thank_you) == (75_000, 20_000, "net 30", False)
    assert (kept.payment_options, kept.invoice_notes) == (("paypal",), "one\r\ntwo")
    for other, field in (
        ({"tax": "101"}, "tax"),
        ({"tax2": "x"}, "tax2"),
        ({"payment_term": "net 31"}, "payment_term"),
        ({"payment_options": "cash"}, "payment_options"),
        ({"message_subject": "x" * 256}, "message_subject"),
        ({"reminder_body": "x" * 65_536}, "reminder_body"),
    ):
        refused = await studio.post("settings/billing", typed(page, **other), status=422)
        assert refused.refusal[0] == field


async def test_categories_of_expenses_and_of_lines(on_sqlite: Studio) -> None:
    studio, at = on_sqlite, "settings/expense-categories"
    made = await studio.post(f"{at}/new", {"name": "Bicycle", "unit_name": "km", "unit_price": "0,2505"})
    assert "Bicycle km 0.2505" in made.text
    path = made.rows[0]
    changed = await studio.post(path, {"name": "Bike", "unit_price": ""})
    assert "Bike – –" in changed.text
    for fields, field in (({"name": " "}, "name"), ({"name": "B", "unit_price": "-1"}, "unit_price")):
        assert (await studio.post(path, fields, status=422)).refusal[0] == field
    await studio.post(f"{path}/archive", {"is_active": "false"})
    assert "Bike" in (await studio.page(f"{at}?archived=1")).text
    assert "The category is gone." in (await studio.post(f"{path}/delete")).text
    await studio.post(path, {"name": "x"}, status=404)
    await studio.office.admin.made(
        "/v2/expenses",
        {
            "project_id": studio.project["id"],
            "expense_category_id": (meals := await _id_of(studio, "expense_categories", "Meals")),
            "spent_date": "2026-05-25",
            "total_cost": 1,
        },
    )
    assert "expenses are tracked to it" in (await studio.post(f"{at}/{meals}/delete", status=409)).text

    items = await studio.post("settings/invoice-items", {"name": "Hosting"})
    assert "The category is there." in items.text
    hosting = await _id_of(studio, "invoice_item_categories", "Hosting")
    one = f"settings/invoice-items/{hosting}"
    assert (await studio.post("settings/invoice-items", {"name": "hosting"}, status=422)).refusal[0] == "name"
    await studio.post(one, {"name": "Servers"})
    await studio.post(f"{one}/use", {"what": "expenses"})
    assert "used for time or expenses" in (await studio.post(f"{one}/delete", status=409)).text
    await studio.post(f"{one}/use", {"what": "nothing"}, status=422)
    product = await _id_of(studio, "invoice_item_categories", "Product")
    await studio.post(f"settings/invoice-items/{product}/delete")
    assert "Servers" in (await studio.post("settings/estimate-items", {"name": "Servers"})).main
    await studio.post("settings/estimate-items/999", {"name": "x"}, status=404)


async def test_roles_and_rates(on_sqlite: Studio) -> None:
    studio, max_id = on_sqlite, str(on_sqlite.colleague.id)
    made = await studio.post("settings/roles/new", {"name": "Designer", "user_ids": max_id})
    assert "Designer 1" in made.text
    path = made.rows[0]
    assert (await studio.page(path)).ticked("user_ids") == {max_id}
    for fields, field in (({"name": ""}, "name"), ({"name": "D", "user_ids": "x"}, "user_ids")):
        assert (await studio.post(path, fields, status=422)).refusal[0] == field
    assert "is not in this account" in (await studio.post(path, {"name": "D", "user_ids": "999"}, status=422)).text
    await studio.post(path, {"name": "Painter"})
    assert (await studio.office.admin.got(f"/v2/users/{max_id}"))["roles"] == []
    assert "The role is gone." in (await studio.post(f"{path}/delete")).text

    rates = f"team/{max_id}/rates"
    assert "Cost rates" in (await studio.page(rates)).text
    await studio.post(rates, {"kind": "billable", "amount": "80"})
    dated = await studio.post(rates, {"kind": "billable", "amount": "90.5", "start_date": "2026-05-01"})
    assert "05/01/2026 Open 90.50 USD Always 04/30/2026 80.00 USD" in dated.text
    for fields, field in (
        ({"kind": "none", "amount": "1"}, "kind"),
        ({"kind": "cost", "amount": ""}, "amount"),
        ({"kind": "cost", "amount": "much"}, "amount"),
        ({"kind": "cost", "amount": "99999999999"}, "amount"),
        ({"kind": "cost", "amount": "1", "start_date": "2099-01-01"}, "start_date"),
        ({"kind": "cost", "amount": "1", "start_date": "soon"}, "start_date"),
    ):
        assert (await studio.post(rates, fields, status=422)).refusal[0] == field, fields
    assert len(await events(studio, "billable_rate")) == 2


async def test_members_change_no_settings(on_sqlite: Studio) -> None:
    studio, max_id = on_sqlite, on_sqlite.colleague.id
    for path in (*SECRET, "settings/invoice-items", "settings/estimate-items", f"team/{max_id}/rates"):
        assert "You are not allowed to" in (await studio.page(path, at=studio.max_, status=403)).text
    for path in (*SECRET[:2], "settings/expense-categories/new", "settings/invoice-items", "settings/roles/new"):
        await studio.post(path, at=studio.max_, status=403)
    await studio.post(f"team/{max_id}/rates", {"kind": "cost", "amount": "1"}, at=studio.max_, status=403)
    assert (await studio.nobody.post("/production/harvest/settings", {"name": "x"})).status == 403


async def test_a_week_that_began_on_another_day_when_it_was_approved_is_opened_again(on_sqlite: Studio) -> None:
    studio, me, one = on_sqlite, on_sqlite.max_, {"date": "2026-05-27"}
    await studio.post("time", {"work": studio.work, "hours": "2", **one}, at=me)
    await studio.post("time/week/submit", one, at=me)
    which = {"person": str(studio.colleague.id), "week": "2026-05-25"}
    await studio.post("approvals/approve", which)
    await studio.post("settings", typed(await studio.page("settings"), week_start_day="Sunday"))

    await studio.post("time/week/withdraw", {**one, "person": str(studio.colleague.id)})

    added = await studio.post("time", {"work": studio.work, "hours": "1", **one}, at=me)
    assert "The time is tracked." in added.text


async def test_settings_that_do_not_go_together_are_refused_by_the_service(on_sqlite: Studio) -> None:
    def act(call: Call) -> None:
        company.change_settings(call, company.of(call), {"decimal_symbol": ","})

    with pytest.raises(Invalid, match="Thousands separator can't be the decimal symbol"):
        await on_sqlite.office.write(act)


async def _id_of(studio: Studio, key: str, name: str) -> int:
    found = await studio.office.admin.got(f"/v2/{key}")
    return int(next(each["id"] for each in found[key] if each["name"] == name))
