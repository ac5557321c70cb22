-- The second step of signing in. The account is the production account of the person's organization. `secret` is sealed;
-- `last_step` is the step of the last code that was taken; `recovery` is a JSON list of digests of codes not used yet.
CREATE TABLE second_factors (
    account_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    secret TEXT NOT NULL,
    last_step BIGINT NOT NULL,
    recovery TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    PRIMARY KEY (account_id, person_id)
);
