"""The company's settings: how it counts days and hours, how it writes amounts, and which modules it has."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

from harbor.kernel.call import Call
from harbor.kernel.errors import Invalid
from harbor.kernel.http.page import Form, Html, go
from harbor.kernel.http.routes import Answer, Route
from harbor.products.harvest_timesheets.company import model, service
from harbor.products.harvest_timesheets.company.model import BudgetHours, Rounding
from harbor.products.harvest_timesheets.currencies import CODES
from harbor.products.harvest_timesheets.pages.acting import get, post
from harbor.products.harvest_timesheets.pages.settings_parts import SETTINGS, tabs
from harbor.products.harvest_timesheets.sentences import problem
from harbor.products.harvest_timesheets.zones import RAILS

NOTICES = {"company_saved": "The settings are saved."}
_HOURS_BELOW: Final = 1_000
_WORDS: Final = {
    "12h": "12 hours, 2:59pm",
    "24h": "24 hours, 14:59",
    "hours_minutes": "1:30",
    "decimal": "1.50",
    "iso_code_none": "No code",
    "iso_code_before": "EUR before the amount",
    "iso_code_after": "EUR after the amount",
    "symbol_none": "No sign",
    "symbol_before": "€ before the amount",
    "symbol_after": "€ after the amount",
    "%m/%d/%Y": "05/31/2026",
    "%d/%m/%Y": "31/05/2026",
    "%Y-%m-%d": "2026-05-31",
    "%d.%m.%Y": "31.05.2026",
    "%Y.%m.%d": "2026.05.31",
    "%Y/%m/%d": "2026/05/31",
    Rounding.OFF: "As they are tracked",
    Rounding.NEAREST: "To the nearest",
    Rounding.UP: "Up to the next",
    BudgetHours.ALL: "All hours",
    BudgetHours.BILLABLE: "Billable hours alone",
    ".": "Point: 1234.50",
    ",": "Comma: 1234,50",
}
_SEPARATORS: Final = {
    ",": "Comma: 1,234",
    ".": "Point: 1.234",
    " ": "Blank: 1 234",
    "'": "Apostrophe: 1'234",
    "": "None: 1234",
}
# A select of a form sends no blank and no empty text that could be told from nothing.
_SEPARATOR_WORDS: Final = {",": "comma", ".": "point", " ": "blank", "'": "apostrophe", "": "none"}


class Facts(Form, kw_only=True):
    """The settings as they are typed. `weekly_capacity` is in hours."""

    name: str = ""
    timezone: str = ""
    week_start_day: str = ""
    clock: str = ""
    time_format: str = ""
    date_format: str = ""
    wants_timestamp_timers: bool = False
    weekly_capacity: str = ""
    rounding: str = ""
    rounding_minutes: str = ""
    budget_hours: str = ""
    currency: str = ""
    currency_symbol_display: str = ""
    currency_code_display: str = ""
    decimal_symbol: str = ""
    thousands_separator: str = ""
    color_scheme: str = ""
    expense_feature: bool = False
    invoice_feature: bool = False
    estimate_feature: bool = False
    team_feature: bool = False
    approval_feature: bool = False


def edit(call: Call) -> Html:
    """The settings and their form."""
    here = service.to_change(call)
    zones = sorted({*RAILS, here.timezone})
    context = {
        **tabs(call, SETTINGS),
        "company": here,
        "capacity": f"{here.weekly_capacity_s / 3_600:g}",
        "separator": _SEPARATOR_WORDS.get(here.thousands_separator, "none"),
        "choices": {
            "timezone": zones,
            "week_start_day": model.WEEK_START_DAYS,
            "clock": _told(model.CLOCKS),
            "time_format": _told(model.TIME_FORMATS),
            "date_format": _told(model.DATE_FORMATS),
            "rounding": _told([each.value for each in Rounding]),
            "rounding_minutes": [(str(minutes), f"{minutes} minutes") for minutes in model.ROUNDING_MINUTES],
            "budget_hours": _told([each.value for each in BudgetHours]),
            "currency": sorted(CODES),
            "currency_symbol_display": _told(model.SYMBOL_DISPLAYS),
            "currency_code_display": _told(model.CODE_DISPLAYS),
            "decimal_symbol": _told(model.DECIMAL_SYMBOLS),
            "thousands_separator": [(_SEPARATOR_WORDS[mark], told) for mark, told in _SEPARATORS.items()],
            "color_scheme": [(each, each.capitalize()) for each in model.COLOR_SCHEMES],
        },
    }
    return Html("settings.html", "Settings", context)


def save(call: Call, environment: str, body: Facts) -> Answer:
    """Change the settings."""
    before = service.to_change(call)
    service.change_settings(call, before, _given(body))
    return go(SETTINGS.format(environment=environment), done="company_saved")


def _told(choices: Any) -> list[tuple[str, str]]:
    return [(each, _WORDS[each]) for each in choices]


def _given(body: Facts) -> dict[str, Any]:
    facts: dict[str, Any] = {name: getattr(body, name) for name in body.__struct_fields__}
    marks = {word: mark for mark, word in _SEPARATOR_WORDS.items()}
    facts["thousands_separator"] = marks.get(body.thousands_separator, "?")
    facts["weekly_capacity_s"] = _seconds(facts.pop("weekly_capacity"))
    facts["rounding"] = _one_of(Rounding, body.rounding, "rounding")
    facts["budget_hours"] = _one_of(BudgetHours, body.budget_hours, "budget_hours")
    is_whole = body.rounding_minutes.isascii() and body.rounding_minutes.isdigit() and len(body.rounding_minutes) < 4
    facts["rounding_minutes"] = int(body.rounding_minutes) if is_whole else 0
    return facts


def _one_of(kind: Any, text: str, field: str) -> Any:
    if text not in {each.value for each in kind}:
        raise problem(field, f"must be one of {', '.join(kind)}")
    return kind(text)


def _seconds(text: str) -> int:
    try:
        hours = Decimal(text.strip().replace(",", "."))
        if hours.is_finite() and abs(hours) < _HOURS_BELOW:
            return int(hours * 3_600)
    except InvalidOperation:
        pass
    raise Invalid(f"Capacity is a number of hours, not {text[:20]}.", field="weekly_capacity")


ROUTES: tuple[Route, ...] = (
    get("harvest.settings", SETTINGS, edit),
    post("harvest.settings.save", SETTINGS, save),
)
