-- Requests that count against a limit, where several processes serve: one row each, gone when it leaves the window.
CREATE TABLE harbour_rate_hits (
    account_id TEXT NOT NULL,
    bucket TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (account_id, bucket, happened_at, number)
);
CREATE INDEX harbour_rate_hits_by_age ON harbour_rate_hits (happened_at);
