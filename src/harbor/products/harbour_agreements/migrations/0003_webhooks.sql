-- What the owners of a webhook have not been told yet, and when they were told last.
CREATE TABLE harbour_webhook_troubles (
    account_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    third_failures BIGINT NOT NULL,
    dead BIGINT NOT NULL,
    reason TEXT,
    is_failing BIGINT NOT NULL,
    is_recovered BIGINT NOT NULL,
    last_status BIGINT,
    last_error TEXT,
    told_at BIGINT,
    PRIMARY KEY (account_id, webhook_id)
);
