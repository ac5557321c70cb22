"""One expense: its form, its receipt, and its end."""

from __future__ import annotations

from typing import Any

from harbor.kernel.call import Call
from harbor.kernel.errors import Denied, Invalid, Missing
from harbor.kernel.http.page import Html, go
from harbor.kernel.http.pipeline import Stream
from harbor.kernel.http.request import Request
from harbor.kernel.http.routes import Answer, Route
from harbor.kernel.http.services import Services
from harbor.kernel.http.work import RawStage
from harbor.products.harvest_timesheets.access import service as access
from harbor.products.harvest_timesheets.bills.wording import day_shown
from harbor.products.harvest_timesheets.company import service as company
from harbor.products.harvest_timesheets.expenses import reading, service
from harbor.products.harvest_timesheets.expenses.model import Expense
from harbor.products.harvest_timesheets.expenses.receipt_types import RECEIPT_BYTES_MAX
from harbor.products.harvest_timesheets.expenses.receipts_api import Kept, send
from harbor.products.harvest_timesheets.pages import amounts, days, expense_forms, expense_lines
from harbor.products.harvest_timesheets.pages.acting import as_user, get, post
from harbor.products.harvest_timesheets.pages.expenses import EXPENSES
from harbor.products.harvest_timesheets.users import service as users
from harbor.products.harvest_timesheets.wire import read_id

_ONE = f"{EXPENSES}/{{expense_id}}"
_NOBODY = "There is no such thing in Harvest, or you are not in this account of it."
# What browsers show; of others there is a link.
_PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp"})
NOTICES = {
    "expense_saved": "The expense is saved.",
    "expense_deleted": "The expense is gone.",
}


def edit(call: Call, expense_id: str) -> Html:
    """The expense and its form; what is locked shows why."""
    expense = reading.to_read(call, read_id(expense_id))
    sheet = _sheet_of(call, expense)
    seen = reading.seen_one(call, expense)
    category = seen.around.category
    may_change = sheet.can_write and (not seen.is_locked or access.me(call).is_administrator)
    context = {
        "sheet": sheet,
        "line": expense_lines.line(seen, sheet.here),
        "choices": expense_forms.choices(call, sheet, present=category) if may_change else None,
        "may_change": may_change,
        "units": amounts.number(expense.units_e4, 4, sheet.here) if category.unit_price_e4 is not None else "",
        "total_cost": amounts.word(expense.total_cost_e2, 2, sheet.here),
        "is_picture": expense.receipt is not None and expense.receipt.content_type in _PICTURES,
        "bytes_max": RECEIPT_BYTES_MAX,
    }
    title = f"{category.name}, {day_shown(expense.spent_on, sheet.here)}"
    return Html("expense.html", title, context, [("Expenses", EXPENSES)])


def save(call: Call, environment: str, expense_id: str, body: expense_forms.Facts, prepared: Kept) -> Answer:
    """Change the expense."""
    expense = service.to_change(call, read_id(expense_id))
    expense_forms.change(call, _sheet_of(call, expense), expense, body, prepared)
    return _back(call, environment, reading.find(call, expense.id), "expense_saved")


def delete(call: Call, environment: str, expense_id: str) -> Answer:
    """Remove the expense."""
    expense = service.to_change(call, read_id(expense_id))
    service.delete(call, expense)
    return _back(call, environment, expense, "expense_deleted")


async def receipt(request: Request, services: Services, stage: RawStage) -> Stream:
    """The receipt of the expense."""

    def look(call: Call, _supply: dict[str, Any]) -> Expense:
        acting = as_user(call)
        if acting is None:
            raise Missing(_NOBODY)
        return reading.to_read(acting, read_id(request.params["expense_id"]))

    return await send(await stage.read(look), request, services)


def _sheet_of(call: Call, expense: Expense) -> days.Sheet:
    """The sheet around an expense, also of somebody whose sheet the caller does not see: who manages its project."""
    user, is_own = users.find(call, expense.user_id), expense.user_id == access.me(call).user_id
    return days.Sheet(
        user, expense.spent_on, user.day_of(call.tx.now), company.of(call), is_own, _may_write(call, expense)
    )


def _may_write(call: Call, expense: Expense) -> bool:
    try:
        service.require_may_write(call, user_id=expense.user_id, project_id=expense.project_id)
    except Denied:
        return False
    return True


def _back(call: Call, environment: str, expense: Expense, done: str) -> Answer:
    try:
        asked = days.sheet(call, expense.spent_on.isoformat(), str(expense.user_id)).asked
    except (Denied, Invalid):  # no sheet of the caller's, or a day far from all calendars
        asked = {}
    return go(EXPENSES.format(environment=environment), **asked, done=done)


ROUTES: tuple[Route, ...] = (
    get("harvest.expense", _ONE, edit),
    post("harvest.expense.save", _ONE, save, prepare=expense_forms.keep, body_bytes_max=expense_forms.BYTES_MAX),
    post("harvest.expense.delete", f"{_ONE}/delete", delete),
    Route("harvest.expense.receipt", "GET", f"{_ONE}/receipt", receipt, raw=True),
)
