-- The same table as in postgres/0004_loads.sql.
-- What a bulk load has still to write: parts of at most some hundred rows, as JSON. A part goes with the step that wrote it.
CREATE TABLE harper_load_parts (
    account_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    part BIGINT NOT NULL,
    rows TEXT NOT NULL,
    PRIMARY KEY (account_id, job_id, part)
);
