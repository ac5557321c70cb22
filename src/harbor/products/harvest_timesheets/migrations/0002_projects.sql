CREATE TABLE harvest_projects (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    client_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    code TEXT,
    is_active BIGINT NOT NULL,
    is_billable BIGINT NOT NULL,
    is_fixed_fee BIGINT NOT NULL,
    bill_by TEXT NOT NULL,
    hourly_rate_e4 BIGINT,
    budget_by TEXT NOT NULL,
    budget_e2 BIGINT,
    cost_budget_e2 BIGINT,
    budget_is_monthly BIGINT NOT NULL,
    notify_when_over_budget BIGINT NOT NULL,
    over_budget_notification_percentage_e2 BIGINT NOT NULL,
    over_budget_notified_on TEXT,
    show_budget_to_all BIGINT NOT NULL,
    cost_budget_include_expenses BIGINT NOT NULL,
    fee_e2 BIGINT,
    notes TEXT,
    starts_on TEXT,
    ends_on TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX harvest_projects_by_name ON harvest_projects (account_id, client_id, name_key);
CREATE INDEX harvest_projects_by_update ON harvest_projects (account_id, updated_at);

CREATE TABLE harvest_user_assignments (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    is_active BIGINT NOT NULL,
    is_project_manager BIGINT NOT NULL,
    use_default_rates BIGINT NOT NULL,
    hourly_rate_e4 BIGINT,
    budget_e2 BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX harvest_user_assignments_by_project ON harvest_user_assignments (account_id, project_id, user_id);
CREATE INDEX harvest_user_assignments_by_user ON harvest_user_assignments (account_id, user_id, id);
CREATE INDEX harvest_user_assignments_by_update ON harvest_user_assignments (account_id, updated_at);

CREATE TABLE harvest_task_assignments (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    task_id BIGINT NOT NULL,
    is_active BIGINT NOT NULL,
    billable BIGINT NOT NULL,
    hourly_rate_e4 BIGINT,
    budget_e2 BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX harvest_task_assignments_by_project ON harvest_task_assignments (account_id, project_id, task_id);
CREATE INDEX harvest_task_assignments_by_task ON harvest_task_assignments (account_id, task_id, id);
CREATE INDEX harvest_task_assignments_by_update ON harvest_task_assignments (account_id, updated_at);
