-- The same tables as in sqlite/0001_tables.sql. Here documents are of the type JSONB
-- (docs/decisions/0001-harper-storage.md).
CREATE TABLE harper_serials (
    name TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);
CREATE TABLE harper_databases (
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, name)
);
-- `version` is a random text, new with each change of the table or its attributes: what is remembered is kept under it.
CREATE TABLE harper_tables (
    account_id TEXT NOT NULL,
    database TEXT NOT NULL,
    name TEXT NOT NULL,
    id BIGINT NOT NULL,
    primary_key TEXT NOT NULL,
    settings TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    version TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, database, name)
);
CREATE UNIQUE INDEX harper_tables_id ON harper_tables (id);
CREATE TABLE harper_attributes (
    account_id TEXT NOT NULL,
    table_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    id BIGINT NOT NULL,
    definition TEXT NOT NULL,
    indexing TEXT NOT NULL,
    PRIMARY KEY (account_id, table_id, name)
);
-- What was dropped and is still to be removed: a whole table (no attribute), or an attribute's values and entries.
CREATE TABLE harper_dropped (
    account_id TEXT NOT NULL,
    table_id BIGINT NOT NULL,
    attribute_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    PRIMARY KEY (account_id, table_id, attribute_id)
);
-- table_id belongs to one account and is never used again, so rows below it need no account of their own.
CREATE TABLE harper_records (
    table_id BIGINT NOT NULL,
    key BYTES NOT NULL,
    doc JSONB NOT NULL,
    epoch BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (table_id, key)
);
CREATE INDEX harper_records_created ON harper_records (table_id, created_at);
CREATE INDEX harper_records_updated ON harper_records (table_id, updated_at);
CREATE INDEX harper_records_expired ON harper_records (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE harper_index (
    attribute_id BIGINT NOT NULL,
    value_key BYTES NOT NULL,
    record_key BYTES NOT NULL,
    PRIMARY KEY (attribute_id, value_key, record_key)
);
CREATE TABLE harper_audit (
    table_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    user_name TEXT NOT NULL,
    operation TEXT NOT NULL,
    changes BYTES NOT NULL,
    PRIMARY KEY (table_id, position)
);
