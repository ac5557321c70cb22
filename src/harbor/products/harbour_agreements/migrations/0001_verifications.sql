-- What an organization decided for itself; without a row the defaults hold.
CREATE TABLE harbour_organizations (
    account_id TEXT NOT NULL PRIMARY KEY,
    catalogue_edition TEXT,
    time_zone TEXT NOT NULL,
    retention_days TEXT NOT NULL,
    provider_rules TEXT NOT NULL,
    two_person_reviews BIGINT NOT NULL,
    reviewers TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- One check, or one part of a criminal check. The conditions are docs/products/harbour.md#invariants.
-- search holds all that a search looks through, folded, so that it is found by substring. What may be long stands last:
-- whoever tests a row for it need not read on.
CREATE TABLE harbour_verifications (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    parent_id TEXT,
    verification_type TEXT NOT NULL,
    verification_subtype TEXT,
    verification_tier TEXT,
    status TEXT NOT NULL,
    result TEXT,
    sub_status TEXT,
    is_scan BIGINT NOT NULL,
    provider TEXT NOT NULL,
    provider_reference TEXT NOT NULL,
    catalogue_edition TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    agreement_link_id TEXT,
    submission_id TEXT,
    consent_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_status_at BIGINT,
    submitted_at BIGINT,
    completed_at BIGINT,
    redacted_at BIGINT,
    created_by TEXT,
    search TEXT NOT NULL,
    metadata TEXT NOT NULL,
    details TEXT NOT NULL,
    latest_response TEXT,
    PRIMARY KEY (account_id, id),
    CHECK ((result IS NULL) = (status IN ('started', 'cancelled'))),
    CHECK (status <> 'in_progress' OR result = 'pending'),
    CHECK (status <> 'completed' OR result IN ('verified', 'rejected')),
    CHECK (status IN ('started', 'cancelled', 'in_progress', 'completed')),
    CHECK (status NOT IN ('started', 'cancelled') OR verification_type IN ('enhanced_identity_verification', 'panel_drug')),
    CHECK (sub_status IS NULL OR (verification_type = 'us_criminal_record_check' AND status = 'in_progress')),
    CHECK (verification_subtype IS NULL OR verification_type = 'us_criminal_record_check'),
    CHECK ((verification_tier IS NOT NULL) = (verification_type IN ('us_criminal_record_check', 'panel_drug'))),
    CHECK (verification_type <> 'panel_drug' OR verification_tier LIKE 'panel %'),
    CHECK (verification_type <> 'us_criminal_record_check' OR verification_tier LIKE 'request_us_criminal_record_check_tier_%'),
    CHECK ((submitted_at IS NOT NULL) = (status IN ('in_progress', 'completed'))),
    CHECK (last_status_at IS NULL OR last_status_at >= created_at),
    CHECK (updated_at >= created_at)
);
-- The default list, in either direction.
CREATE INDEX harbour_verifications_by_age ON harbour_verifications (account_id, created_at, id);
CREATE INDEX harbour_verifications_by_link ON harbour_verifications (account_id, agreement_link_id, created_at, id)
    WHERE agreement_link_id IS NOT NULL;
CREATE INDEX harbour_verifications_parts ON harbour_verifications (account_id, parent_id, id) WHERE parent_id IS NOT NULL;
CREATE INDEX harbour_verifications_by_reference ON harbour_verifications (account_id, provider, provider_reference);
-- What retention looks for: completed, and not redacted yet.
CREATE INDEX harbour_verifications_kept ON harbour_verifications (account_id, completed_at, id)
    WHERE completed_at IS NOT NULL AND redacted_at IS NULL;

-- What waits for somebody to decide it, oldest first.
CREATE INDEX harbour_verifications_to_review ON harbour_verifications (account_id, submitted_at, id)
    WHERE provider = 'manual_review' AND status = 'in_progress' AND parent_id IS NULL;
-- What a provider has been silent about, for the sweep.
CREATE INDEX harbour_verifications_silent ON harbour_verifications (last_status_at)
    WHERE status = 'in_progress' AND parent_id IS NULL;

-- Every pair of metadata, its value as canonical text behind '=', or 'null': a filter of several pairs is an intersection,
-- and stands in the order of the default list, so that no row of a verification is read that is not shown.
CREATE TABLE harbour_verification_metadata (
    account_id TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    verification_id TEXT NOT NULL,
    PRIMARY KEY (account_id, key, value, created_at, verification_id)
);
CREATE INDEX harbour_verification_metadata_of ON harbour_verification_metadata (account_id, verification_id);

-- How many rows an organization has: the plain list says so on each page, and counting a million takes a tenth of a second.
CREATE TABLE harbour_verification_counts (
    account_id TEXT NOT NULL PRIMARY KEY,
    n BIGINT NOT NULL
);

-- What stays of a deleted verification, for the audit chain.
CREATE TABLE harbour_tombstones (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    verification_type TEXT NOT NULL,
    provider TEXT NOT NULL,
    deleted_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
);
