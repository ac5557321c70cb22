-- `hours_e2` are the hours without the running part; a timer that runs adds the time since `timer_started_at`.
-- From `client_id` to `rounded_e2` stands what follows from project, assignments, rates and rounding, as it is now; what is
-- invoiced keeps what it was invoiced with.
CREATE TABLE harvest_time_entries (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    task_id BIGINT NOT NULL,
    spent_on TEXT NOT NULL,
    hours_e2 BIGINT NOT NULL,
    timer_started_at BIGINT,
    started_time TEXT,
    ended_time TEXT,
    notes TEXT,
    client_id BIGINT NOT NULL,
    billable BIGINT NOT NULL,
    budgeted BIGINT NOT NULL,
    rate_e4 BIGINT,
    cost_rate_e4 BIGINT,
    rounded_e2 BIGINT NOT NULL,
    approval_status TEXT NOT NULL,
    is_billed BIGINT NOT NULL,
    invoice_id BIGINT,
    invoice_number TEXT,
    external_id TEXT,
    external_group_id TEXT,
    external_account_id TEXT,
    external_permalink TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
-- The order of every list.
CREATE INDEX harvest_time_entries_by_day ON harvest_time_entries (account_id, spent_on, id);
CREATE INDEX harvest_time_entries_by_user ON harvest_time_entries (account_id, user_id, spent_on, id);
CREATE INDEX harvest_time_entries_by_project ON harvest_time_entries (account_id, project_id, spent_on, id);
CREATE INDEX harvest_time_entries_by_task ON harvest_time_entries (account_id, task_id, spent_on, id);
CREATE INDEX harvest_time_entries_by_client ON harvest_time_entries (account_id, client_id, spent_on, id);
CREATE INDEX harvest_time_entries_by_update ON harvest_time_entries (account_id, updated_at);
CREATE INDEX harvest_time_entries_by_invoice ON harvest_time_entries (account_id, invoice_id) WHERE invoice_id IS NOT NULL;
CREATE INDEX harvest_time_entries_by_reference ON harvest_time_entries (account_id, external_id) WHERE external_id IS NOT NULL;
-- One timer a person, whatever races.
CREATE UNIQUE INDEX harvest_time_entries_running ON harvest_time_entries (account_id, user_id) WHERE timer_started_at IS NOT NULL;
-- Reports sum from this index alone.
CREATE INDEX harvest_time_entries_sums ON harvest_time_entries (account_id, spent_on, project_id, user_id, task_id, client_id,
    billable, rate_e4, cost_rate_e4, rounded_e2, is_billed);

-- How many entries there are: a list says so on every page, and counting a million takes longer than the page.
CREATE TABLE harvest_time_totals (
    account_id TEXT NOT NULL PRIMARY KEY,
    entries BIGINT NOT NULL
);

-- Periods in which time (`kind` time) or expenses (`kind` expenses) of a project or of a person are locked. `cause` is what
-- locked it, such as `invoice/12`; what is undone takes its locks with it.
CREATE TABLE harvest_period_locks (
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    holder TEXT NOT NULL,
    holder_id BIGINT NOT NULL,
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    cause TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, holder, holder_id, from_on, to_on, cause)
);
CREATE INDEX harvest_period_locks_by_cause ON harvest_period_locks (account_id, cause);
