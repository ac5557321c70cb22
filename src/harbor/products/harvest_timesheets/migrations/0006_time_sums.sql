-- Rounded hours of time entries added up, in the transaction that writes them: reports read these and not a million entries.
-- `month` is `2026-05`, or empty for all months. `rate_e4` is -1 where there is none.
CREATE TABLE harvest_time_sums (
    account_id TEXT NOT NULL,
    month TEXT NOT NULL,
    project_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    task_id BIGINT NOT NULL,
    client_id BIGINT NOT NULL,
    billable BIGINT NOT NULL,
    budgeted BIGINT NOT NULL,
    rate_e4 BIGINT NOT NULL,
    is_billed BIGINT NOT NULL,
    approval_status TEXT NOT NULL,
    entries BIGINT NOT NULL,
    rounded_e2 BIGINT NOT NULL,
    PRIMARY KEY (account_id, month, project_id, user_id, task_id, client_id, billable, budgeted, rate_e4, is_billed,
        approval_status)
);
-- Reports and counts walk along this and need no row.
CREATE INDEX harvest_time_sums_to_read ON harvest_time_sums (account_id, month, project_id, user_id, task_id, client_id, billable,
    budgeted, rate_e4, is_billed, approval_status, entries, rounded_e2);
CREATE INDEX harvest_time_sums_empty ON harvest_time_sums (account_id) WHERE entries = 0;
