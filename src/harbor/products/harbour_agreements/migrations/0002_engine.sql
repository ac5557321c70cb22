-- No check starts without one. Its text is named by version and hash.
CREATE TABLE harbour_consents (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    verification_id TEXT NOT NULL,
    text_version TEXT NOT NULL,
    language TEXT NOT NULL,
    text_hash TEXT,
    accepted_at BIGINT NOT NULL,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    signature_reference TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX harbour_consents_of ON harbour_consents (account_id, verification_id);

-- Who is checked, as JSON, without the numbers that only a provider needs.
CREATE TABLE harbour_applicants (
    account_id TEXT NOT NULL,
    verification_id TEXT NOT NULL,
    applicant TEXT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (account_id, verification_id)
);
CREATE INDEX harbour_applicants_ended ON harbour_applicants (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE harbour_activity (
    account_id TEXT NOT NULL,
    verification_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    id TEXT NOT NULL,
    status TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, verification_id, number)
);

-- What providers reported, once each, and what became of it: applied, ignored.
CREATE TABLE harbour_provider_updates (
    account_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    update_id TEXT NOT NULL,
    verification_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, provider, update_id)
);
CREATE INDEX harbour_provider_updates_of ON harbour_provider_updates (account_id, verification_id);

-- How far a running check has been followed.
CREATE TABLE harbour_polls (
    account_id TEXT NOT NULL,
    verification_id TEXT NOT NULL,
    last_update_id TEXT,
    failures BIGINT NOT NULL,
    quiet_polls BIGINT NOT NULL,
    told_silent_at BIGINT,
    PRIMARY KEY (account_id, verification_id)
);
-- Those that somebody was told to be silent: what the console warns of on every page.
CREATE INDEX harbour_polls_silent ON harbour_polls (account_id, told_silent_at) WHERE told_silent_at IS NOT NULL;
