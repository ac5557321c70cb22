-- The same table as in postgres/0005_job_inputs.sql.
CREATE TABLE harper_job_inputs (
    account_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    secret TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, job_id)
);
CREATE INDEX harper_job_inputs_created ON harper_job_inputs (created_at);
-- Parts of loads that were left before there was this table are found by it too.
INSERT INTO harper_job_inputs (account_id, job_id, secret, created_at)
SELECT DISTINCT account_id, job_id, CAST(NULL AS TEXT), CAST(0 AS BIGINT) FROM harper_load_parts;
