-- One company an account. `number` is the account's id on the wire, unique in the installation.
CREATE TABLE harvest_companies (
    account_id TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    is_active BIGINT NOT NULL,
    week_start_day TEXT NOT NULL,
    wants_timestamp_timers BIGINT NOT NULL,
    time_format TEXT NOT NULL,
    date_format TEXT NOT NULL,
    plan_type TEXT NOT NULL,
    expense_feature BIGINT NOT NULL,
    invoice_feature BIGINT NOT NULL,
    estimate_feature BIGINT NOT NULL,
    team_feature BIGINT NOT NULL,
    approval_feature BIGINT NOT NULL,
    weekly_capacity_s BIGINT NOT NULL,
    clock TEXT NOT NULL,
    currency TEXT NOT NULL,
    currency_code_display TEXT NOT NULL,
    currency_symbol_display TEXT NOT NULL,
    decimal_symbol TEXT NOT NULL,
    thousands_separator TEXT NOT NULL,
    color_scheme TEXT NOT NULL,
    timezone TEXT NOT NULL,
    rounding TEXT NOT NULL,
    rounding_minutes BIGINT NOT NULL,
    budget_hours TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX harvest_companies_by_number ON harvest_companies (number);

-- `identity_id` is the person across the accounts of an organization; `person_id` who signs in as them, if anybody does.
-- `access_roles` is a JSON list that begins with administrator, manager or member.
CREATE TABLE harvest_users (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    identity_id BIGINT NOT NULL,
    person_id TEXT,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    telephone TEXT NOT NULL,
    timezone TEXT NOT NULL,
    weekly_capacity_s BIGINT NOT NULL,
    has_access_to_all_future_projects BIGINT NOT NULL,
    is_contractor BIGINT NOT NULL,
    is_active BIGINT NOT NULL,
    access_roles TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX harvest_users_by_email ON harvest_users (account_id, email_key);
-- A token names a person, and the request the account.
CREATE INDEX harvest_users_by_identity ON harvest_users (identity_id, account_id);
CREATE INDEX harvest_users_by_person ON harvest_users (person_id);
CREATE INDEX harvest_users_by_update ON harvest_users (account_id, updated_at);

CREATE TABLE harvest_tokens (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    client_id TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX harvest_tokens_by_digest ON harvest_tokens (digest);
CREATE INDEX harvest_tokens_by_user ON harvest_tokens (account_id, user_id, id);

-- Billable and cost rates of people. An empty `start_on` is from the beginning; a rate ends where the next one starts.
CREATE TABLE harvest_rates (
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    start_on TEXT NOT NULL,
    id BIGINT NOT NULL,
    amount_e4 BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, user_id, start_on)
);
CREATE UNIQUE INDEX harvest_rates_by_id ON harvest_rates (account_id, kind, id);

CREATE TABLE harvest_teammates (
    account_id TEXT NOT NULL,
    manager_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (account_id, manager_id, user_id)
);
CREATE INDEX harvest_teammates_by_user ON harvest_teammates (account_id, user_id);

-- Labels of jobs: designer, developer. They give no rights.
CREATE TABLE harvest_roles (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX harvest_roles_by_name ON harvest_roles (account_id, name_key);

CREATE TABLE harvest_role_members (
    account_id TEXT NOT NULL,
    role_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (account_id, role_id, user_id)
);
CREATE INDEX harvest_role_members_by_user ON harvest_role_members (account_id, user_id, role_id);

CREATE TABLE harvest_clients (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    is_active BIGINT NOT NULL,
    address TEXT,
    statement_key TEXT NOT NULL,
    currency TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX harvest_clients_by_name ON harvest_clients (account_id, name_key);
CREATE INDEX harvest_clients_by_update ON harvest_clients (account_id, updated_at);
-- The public statement is asked for by this key alone.
CREATE UNIQUE INDEX harvest_clients_by_statement ON harvest_clients (statement_key);

CREATE TABLE harvest_contacts (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    client_id BIGINT NOT NULL,
    title TEXT,
    first_name TEXT NOT NULL,
    last_name TEXT,
    email TEXT NOT NULL,
    phone_office TEXT NOT NULL,
    phone_mobile TEXT NOT NULL,
    fax TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX harvest_contacts_by_client ON harvest_contacts (account_id, client_id, id);
CREATE INDEX harvest_contacts_by_update ON harvest_contacts (account_id, updated_at);

CREATE TABLE harvest_tasks (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    billable_by_default BIGINT NOT NULL,
    default_hourly_rate_e4 BIGINT,
    is_default BIGINT NOT NULL,
    is_active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX harvest_tasks_by_name ON harvest_tasks (account_id, name_key);
CREATE INDEX harvest_tasks_by_update ON harvest_tasks (account_id, updated_at);
