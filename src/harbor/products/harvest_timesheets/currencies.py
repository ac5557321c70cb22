"""Currencies: the ISO 4217 codes that Harvest takes, retired ones included. Source: docs/products/harvest.md#currencies."""

from __future__ import annotations

from typing import Final

from harbor.products.harvest_timesheets.sentences import problem

_LINES = (
    "USD EUR GBP AUD CAD JPY AED AFN ALL AMD ANG AOA ARS AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD",
    "BTN BWP BYN BYR BZD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB FJD FKP GEL GHS GIP",
    "GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD KES KGS KHR KMF KPW KRW KWD KYD KZT",
    "LAK LBP LKR LRD LSL LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP MRO MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK",
    "NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLL SOS SRD SSP",
    "STD SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX UYU UZS VEF VND VUV WST XAF XCD XOF XPF YER",
    "ZAR ZMW",
)
CODES: Final = frozenset(" ".join(_LINES).split())


def known_currency(code: str) -> str:
    """The code in upper case. Raises `Invalid` for an unknown one."""
    found = code.strip().upper()
    if found not in CODES:
        raise problem("currency", "is not included in the list")
    return found
