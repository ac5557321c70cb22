"""Table `harbour_organizations`."""

from __future__ import annotations

import msgspec

from harbor.kernel.storage.database import Tx
from harbor.products.harbour_agreements.organizations.model import Organization
from harbor.products.harbour_agreements.verifications.model import Type


def find(tx: Tx, account_id: str) -> Organization | None:
    """What an organization decided, or None if it never did."""
    row = tx.row("SELECT * FROM harbour_organizations WHERE account_id = :account_id", account_id=account_id)
    if row is None:
        return None
    return Organization(
        account_id=row["account_id"],
        catalogue_edition=row["catalogue_edition"],
        time_zone=row["time_zone"],
        retention_days=msgspec.json.decode(row["retention_days"], type=dict[Type, int]),
        provider_rules=msgspec.json.decode(row["provider_rules"], type=dict[Type, str]),
        two_person_reviews=bool(row["two_person_reviews"]),
        reviewers=msgspec.json.decode(row["reviewers"], type=list[str]),
    )


def put(tx: Tx, account_id: str, organization: Organization) -> None:
    """Write an organization's choices."""
    tx.run(
        """
        INSERT INTO harbour_organizations (account_id, catalogue_edition, time_zone, retention_days, provider_rules,
            two_person_reviews, reviewers, updated_at)
        VALUES (:account_id, :catalogue_edition, :time_zone, :retention_days, :provider_rules, :two_person_reviews, :reviewers,
            :now)
        ON CONFLICT (account_id) DO UPDATE
        SET catalogue_edition = :catalogue_edition, time_zone = :time_zone, retention_days = :retention_days,
            provider_rules = :provider_rules, two_person_reviews = :two_person_reviews, reviewers = :reviewers,
            updated_at = :now
        """,
        account_id=account_id,
        catalogue_edition=organization.catalogue_edition,
        time_zone=organization.time_zone,
        retention_days=msgspec.json.encode(organization.retention_days).decode(),
        provider_rules=msgspec.json.encode(organization.provider_rules).decode(),
        two_person_reviews=int(organization.two_person_reviews),
        reviewers=msgspec.json.encode(list(organization.reviewers)).decode(),
        now=tx.now_us,
    )


def with_retention(tx: Tx) -> list[str]:
    """The accounts whose organizations limit how long content is kept: for the sweep."""
    return [row["account_id"] for row in tx.rows("SELECT account_id FROM harbour_organizations ORDER BY account_id")]
