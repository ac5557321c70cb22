-- Sums of time know costs and hours as they were tracked too. They are made anew out of the entries, some seconds for a million.
DROP TABLE harvest_time_sums;

-- Hours of time entries added up, in the transaction that writes them: reports read these and not a million entries.
-- `month` is `2026-05`, or empty for all months. `rate_e4` and `cost_rate_e4` are -1 where there is none. `hours_e2` are hours as
-- they were tracked, `rounded_e2` as each entry is rounded.
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
    cost_rate_e4 BIGINT NOT NULL,
    is_billed BIGINT NOT NULL,
    approval_status TEXT NOT NULL,
    entries BIGINT NOT NULL,
    rounded_e2 BIGINT NOT NULL,
    hours_e2 BIGINT NOT NULL,
    PRIMARY KEY (account_id, month, project_id, user_id, task_id, client_id, billable, budgeted, rate_e4, cost_rate_e4, is_billed,
        approval_status)
);

INSERT INTO harvest_time_sums (account_id, month, project_id, user_id, task_id, client_id, billable, budgeted, rate_e4,
    cost_rate_e4, is_billed, approval_status, entries, rounded_e2, hours_e2)
SELECT account_id, SUBSTR(spent_on, 1, 7), project_id, user_id, task_id, client_id, billable, budgeted, COALESCE(rate_e4, -1),
    COALESCE(cost_rate_e4, -1), is_billed, approval_status, COUNT(*), CAST(SUM(rounded_e2) AS BIGINT), CAST(SUM(hours_e2) AS BIGINT)
FROM harvest_time_entries
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12;

-- Those of all months follow from those of each, which are far fewer than the entries.
INSERT INTO harvest_time_sums (account_id, month, project_id, user_id, task_id, client_id, billable, budgeted, rate_e4,
    cost_rate_e4, is_billed, approval_status, entries, rounded_e2, hours_e2)
SELECT account_id, '', project_id, user_id, task_id, client_id, billable, budgeted, rate_e4, cost_rate_e4, is_billed,
    approval_status, CAST(SUM(entries) AS BIGINT), CAST(SUM(rounded_e2) AS BIGINT), CAST(SUM(hours_e2) AS BIGINT)
FROM harvest_time_sums
GROUP BY account_id, project_id, user_id, task_id, client_id, billable, budgeted, rate_e4, cost_rate_e4, is_billed,
    approval_status;

-- Reports and counts walk along this and need no row.
CREATE INDEX harvest_time_sums_to_read ON harvest_time_sums (account_id, month, project_id, user_id, task_id, client_id, billable,
    budgeted, rate_e4, cost_rate_e4, is_billed, approval_status, entries, rounded_e2, hours_e2);
CREATE INDEX harvest_time_sums_empty ON harvest_time_sums (account_id) WHERE entries = 0;
