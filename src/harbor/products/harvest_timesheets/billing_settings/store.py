"""Table `harvest_billing_settings`: what differs from the defaults, so that accounts without a row follow them."""

from __future__ import annotations

import json
from dataclasses import asdict

from harbor.kernel.storage.database import Tx
from harbor.products.harvest_timesheets.billing_settings.model import BillingSettings


def find(tx: Tx, account_id: str) -> BillingSettings:
    """The settings of an account."""
    row = tx.row("SELECT settings FROM harvest_billing_settings WHERE account_id = :account_id", account_id=account_id)
    facts = {} if row is None else json.loads(row["settings"])
    if "payment_options" in facts:
        facts["payment_options"] = tuple(facts["payment_options"])
    return BillingSettings(**facts)


def put(tx: Tx, account_id: str, settings: BillingSettings) -> None:
    """Write the settings of an account."""
    plain = asdict(BillingSettings())
    differing = {name: value for name, value in asdict(settings).items() if value != plain[name]}
    tx.run(
        """
        INSERT INTO harvest_billing_settings (account_id, settings) VALUES (:account_id, :settings)
        ON CONFLICT (account_id) DO UPDATE SET settings = excluded.settings
        """,
        account_id=account_id,
        settings=json.dumps(differing),
    )
