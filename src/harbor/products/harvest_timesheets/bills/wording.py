"""Texts of mails: templates whose words between percent signs are filled in, and amounts as the company writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from harbor.products.harvest_timesheets.company.model import Company

_WORD = re.compile(r"%([a-z_]{1,40})%")
# Signs that stand for one currency without doubt, or that people expect. Others are written as their code.
SIGNS: Final = {
    **dict.fromkeys(("USD", "AUD", "CAD", "NZD", "MXN", "SGD", "HKD"), "$"),
    **dict.fromkeys(("JPY", "CNY"), "¥"),
    "EUR": "€",
    "GBP": "£",
    "INR": "₹",
    "ILS": "₪",
    "KRW": "₩",
    "VND": "₫",
    "UAH": "₴",
    "TRY": "₺",
    "BRL": "R$",
    "PLN": "zł",
    "CZK": "Kč",
    "RUB": "₽",
    "CHF": "CHF",
    "PHP": "₱",
    "NGN": "₦",
    "CRC": "₡",
    "THB": "฿",
    **dict.fromkeys(("DKK", "NOK", "SEK"), "kr"),
}


def filled(template: str, words: Mapping[str, str]) -> str:
    """The template with its words; unknown ones stay as they are written."""
    return _WORD.sub(lambda found: words.get(found[1], found[0]), template)


def one_line(text: str) -> str:
    """The text without line breaks: a subject is one line."""
    return " ".join(text.split())


def day_shown(day: date | None, company: Company) -> str:
    """A day in the company's form, such as `03/31/2017`."""
    return "" if day is None else day.strftime(company.date_format)


def amount_shown(amount_e2: int, currency: str, company: Company) -> str:
    """An amount as the company writes it, such as `€1,288.90`: separators, sign and code by its settings."""
    whole, cents = divmod(abs(amount_e2), 100)
    figures = f"{whole:,}".replace(",", company.thousands_separator) + f"{company.decimal_symbol}{cents:02}"
    sign = SIGNS.get(currency, currency)
    if company.currency_symbol_display == "symbol_before":
        figures = f"{sign}{figures}" if len(sign) == 1 else f"{sign} {figures}"
    elif company.currency_symbol_display == "symbol_after":
        figures = f"{figures} {sign}"
    if company.currency_code_display == "iso_code_before":
        figures = f"{currency} {figures}"
    elif company.currency_code_display == "iso_code_after":
        figures = f"{figures} {currency}"
    return f"-{figures}" if amount_e2 < 0 else figures
