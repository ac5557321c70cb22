"""Table `harvest_branding`."""

from __future__ import annotations

from collections.abc import Set

from harbor.kernel.storage.database import Tx
from harbor.kernel.storage.where import Where
from harbor.products.harvest_timesheets.billing_settings.branding_model import Branding, Logo


def find(tx: Tx, account_id: str) -> Branding:
    """The look of an account."""
    row = tx.row("SELECT * FROM harvest_branding WHERE account_id = :account_id", account_id=account_id)
    if row is None:
        return Branding()
    logo = None
    if row["logo_key"] is not None:
        logo = Logo(
            key=row["logo_key"],
            content_type=row["logo_type"],
            width=row["logo_width"],
            height=row["logo_height"],
        )
    return Branding(colour=row["colour"], logo=logo)


def put(tx: Tx, account_id: str, branding: Branding) -> None:
    """Write the look of an account."""
    logo = branding.logo
    tx.run(
        """
        INSERT INTO harvest_branding (account_id, colour, logo_key, logo_type, logo_width, logo_height)
        VALUES (:account_id, :colour, :logo_key, :logo_type, :logo_width, :logo_height)
        ON CONFLICT (account_id) DO UPDATE SET colour = excluded.colour, logo_key = excluded.logo_key,
            logo_type = excluded.logo_type, logo_width = excluded.logo_width, logo_height = excluded.logo_height
        """,
        account_id=account_id,
        colour=branding.colour,
        logo_key=None if logo is None else logo.key,
        logo_type=None if logo is None else logo.content_type,
        logo_width=None if logo is None else logo.width,
        logo_height=None if logo is None else logo.height,
    )


def logos_among(tx: Tx, account_id: str, keys: Set[str]) -> set[str]:
    """Those of some keys of blobs that are logos."""
    where = Where(account_id=account_id).among("logo_key", sorted(keys))
    return {row["logo_key"] for row in tx.rows(f"SELECT logo_key FROM harvest_branding {where}", **where.values)}
