-- How many processes of a type an application has, where somebody has said so.
CREATE TABLE appharbor_formation (
    account_id TEXT NOT NULL,
    application_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    memory_mb BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, application_id, kind)
);
