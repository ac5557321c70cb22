-- Failures in a row of providers that fail.
CREATE TABLE harbour_provider_failures (
    account_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    failures BIGINT NOT NULL,
    open_until BIGINT,
    PRIMARY KEY (account_id, provider)
);

-- Providers that an organization configured: everything but the secrets as JSON, and these sealed.
CREATE TABLE harbour_providers (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    key TEXT NOT NULL,
    settings TEXT NOT NULL,
    secrets TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX harbour_providers_by_key ON harbour_providers (account_id, key);
-- A callback names no account.
CREATE UNIQUE INDEX harbour_providers_by_id ON harbour_providers (id);

-- How far people have come with a check that they decide.
CREATE TABLE harbour_reviews (
    account_id TEXT NOT NULL,
    verification_id TEXT NOT NULL,
    claimed_by TEXT,
    claimed_at BIGINT,
    proposed_by TEXT,
    proposal TEXT,
    decided_by TEXT,
    decision TEXT,
    PRIMARY KEY (account_id, verification_id)
);

-- What reviewers put beside a check.
CREATE TABLE harbour_review_evidence (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    verification_id TEXT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    blob_key TEXT NOT NULL,
    added_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX harbour_review_evidence_of ON harbour_review_evidence (account_id, verification_id, created_at, id);
CREATE INDEX harbour_review_evidence_blobs ON harbour_review_evidence (account_id, blob_key);
