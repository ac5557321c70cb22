-- The numbers of applicants, sealed: they go some days after their checks ended.
CREATE TABLE harbour_applicant_secrets (
    account_id TEXT NOT NULL,
    verification_id TEXT NOT NULL,
    sealed TEXT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (account_id, verification_id)
);
CREATE INDEX harbour_applicant_secrets_ended ON harbour_applicant_secrets (ended_at) WHERE ended_at IS NOT NULL;

-- What providers answered, sealed, for a week.
CREATE TABLE harbour_raw_answers (
    account_id TEXT NOT NULL,
    verification_id TEXT NOT NULL,
    update_id TEXT NOT NULL,
    sealed TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, verification_id, update_id)
);
CREATE INDEX harbour_raw_answers_by_age ON harbour_raw_answers (received_at);
