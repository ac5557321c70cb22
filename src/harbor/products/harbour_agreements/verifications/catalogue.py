"""The catalogue: which services a tier covers and which drugs a panel tests, in editions.

The guide's tables lost their columns; tiers and panels grow, so the ticks of each row can only be the last ones. Read
literally the smallest panel tests four drugs, and that is edition `guide-2.2`; `standard-5` tests marijuana in all
panels. Source: docs/products/harbour.md#catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from harbor.products.harbour_agreements.refusals import Problem, invalid
from harbor.products.harbour_agreements.verifications.model import Subtype, Tier, Type

CRIMINAL_TIERS: Final = (Tier.TIER_1, Tier.TIER_2, Tier.TIER_3)
PANELS: Final = (Tier.PANEL_5, Tier.PANEL_7, Tier.PANEL_9, Tier.PANEL_10)
FAMILIES: Final[Mapping[Type, tuple[Tier, ...]]] = {Type.CRIMINAL: CRIMINAL_TIERS, Type.DRUG: PANELS}
SPECIMEN: Final = "urine"

SSN_TRACE: Final = "ssn_trace"
# Service, level, and the first tier that has it.
_SERVICES: Final = (
    (SSN_TRACE, "national", Tier.TIER_1),
    ("sex_offender_registry", "national", Tier.TIER_1),
    ("national_criminal_database", "national", Tier.TIER_1),
    ("global_sanctions_watchlist", "national", Tier.TIER_1),
    ("county_federal_current_address", "county", Tier.TIER_2),
    ("county_federal_seven_years", "county", Tier.TIER_3),
)
# The part of a criminal check that stands for each tier's new work.
_PARTS: Final = (
    (Subtype.SSN_TRACE, Tier.TIER_1),
    (Subtype.CURRENT_ADDRESS, Tier.TIER_2),
    (Subtype.SEVEN_YEARS, Tier.TIER_3),
)
# In the order of the guide's table: the drug, and the smallest panel with it.
_DRUGS: Final = (
    ("amphetamines", Tier.PANEL_5),
    ("barbiturates", Tier.PANEL_7),
    ("benzodiazepines", Tier.PANEL_7),
    ("opiates", Tier.PANEL_5),
    ("cocaine", Tier.PANEL_5),
    ("marijuana", Tier.PANEL_7),
    ("phencyclidine", Tier.PANEL_5),
    ("propoxyphene", Tier.PANEL_9),
    ("methadone", Tier.PANEL_9),
    ("methaqualone", Tier.PANEL_10),
)

DEFAULT_EDITION: Final = "guide-2.2"
# What an edition changes: the smallest panel of a drug.
EDITIONS: Final[Mapping[str, Mapping[str, Tier]]] = {
    DEFAULT_EDITION: {},
    "standard-5": {"marijuana": Tier.PANEL_5},
}


def services_of(tier: Tier) -> list[tuple[str, str]]:
    """The services of a criminal tier with their level, `national` or `county`."""
    reached = CRIMINAL_TIERS.index(tier)
    return [(name, level) for name, level, first in _SERVICES if CRIMINAL_TIERS.index(first) <= reached]


def parts_of(tier: Tier) -> list[Subtype]:
    """The parts that a criminal check of a tier is made of."""
    reached = CRIMINAL_TIERS.index(tier)
    return [subtype for subtype, first in _PARTS if CRIMINAL_TIERS.index(first) <= reached]


def drugs_of(panel: Tier, edition: str) -> list[str]:
    """The drugs of a panel in an edition, in the order of the guide."""
    reached, changed = PANELS.index(panel), EDITIONS[edition]
    return [drug for drug, first in _DRUGS if PANELS.index(changed.get(drug, first)) <= reached]


def tier_of(type_: Type, text: str | None) -> Tier | None:
    """The tier that a caller's word means for a type. Raises `Invalid` (tier_mismatch) where they do not belong together.

    Panels are also read as `panel_5`, `panel-5` and `5`.
    """
    family = FAMILIES.get(type_, ())
    path = "verification_tier"
    if text is None:
        if family:
            raise invalid(Problem(path, "tier_mismatch", f"{type_} needs a verification_tier: {', '.join(family)}."))
        return None
    word = text.strip().lower()
    if type_ is Type.DRUG:
        word = "panel " + word.removeprefix("panel").lstrip(" _-")
    found = next((tier for tier in family if tier == word), None)
    if found is None:
        allowed = f"one of {', '.join(family)}" if family else "no verification_tier"
        raise invalid(Problem(path, "tier_mismatch", f"{type_} takes {allowed}.", text[:100]))
    return found


def shown() -> dict[str, object]:
    """The whole catalogue, as `GET /verification-catalogue` gives it."""
    return {
        "verification_types": [type_.value for type_ in Type],
        "criminal_tiers": [
            {
                "verification_tier": tier.value,
                "services": [{"service": name, "level": level} for name, level in services_of(tier)],
                "parts": [part.value for part in parts_of(tier)],
            }
            for tier in CRIMINAL_TIERS
        ],
        "editions": [
            {
                "edition": edition,
                "is_default": edition == DEFAULT_EDITION,
                "panels": [
                    {"verification_tier": panel.value, "specimen": SPECIMEN, "drugs": drugs_of(panel, edition)}
                    for panel in PANELS
                ],
            }
            for edition in EDITIONS
        ],
    }
