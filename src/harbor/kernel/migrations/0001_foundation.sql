-- Facts of the installation: mode, fingerprint of the key, state of a manual calendar.
CREATE TABLE instance (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE organizations (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    is_operator BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL,
    environment TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_by_environment ON accounts (organization_id, environment);

-- One random token per account and cached topic; whoever changes the thing changes the token in the same transaction.
CREATE TABLE account_tokens (
    account_id TEXT NOT NULL PRIMARY KEY,
    credentials TEXT NOT NULL,
    subscriptions TEXT NOT NULL,
    roles TEXT NOT NULL
);

CREATE TABLE counters (
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (account_id, name)
);

CREATE TABLE people (
    organization_id TEXT NOT NULL,
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    username TEXT,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT,
    is_active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX people_by_email ON people (email);
CREATE UNIQUE INDEX people_by_username ON people (username);
CREATE INDEX people_by_organization ON people (organization_id, id);

CREATE TABLE sessions (
    digest TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    client TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX sessions_by_person ON sessions (person_id, created_at);

CREATE TABLE credentials (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    workspace_id TEXT,
    kind TEXT NOT NULL,
    digest TEXT NOT NULL,
    prefix TEXT NOT NULL,
    last4 TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT,
    rate_limit TEXT,
    allowed_cidrs TEXT,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX credentials_by_digest ON credentials (digest);
CREATE UNIQUE INDEX credentials_by_id ON credentials (id);

CREATE TABLE workspaces (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    suspension_reason TEXT,
    is_default BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    suspended_at BIGINT,
    purge_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX workspaces_by_id ON workspaces (id);
CREATE UNIQUE INDEX workspaces_default ON workspaces (account_id) WHERE is_default = 1;

CREATE TABLE events (
    account_id TEXT NOT NULL,
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    position BIGINT NOT NULL,
    product TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT,
    payload TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, workspace_id, id)
);
CREATE INDEX events_by_position ON events (account_id, workspace_id, position, id);

-- What a view needs beyond the event, and everything else that may hold a person's content: blanked by erase.
CREATE TABLE snapshots (
    account_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    view TEXT NOT NULL,
    product TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (account_id, event_id, view)
);
CREATE INDEX snapshots_by_subject ON snapshots (account_id, product, subject);

CREATE TABLE readers (
    account_id TEXT NOT NULL,
    workspace_id TEXT NOT NULL,
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (account_id, workspace_id, name)
);

CREATE TABLE audit (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    workspace_id TEXT,
    product TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    actor TEXT NOT NULL,
    request_id TEXT,
    event_id TEXT,
    before TEXT,
    after TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX audit_by_subject ON audit (account_id, product, subject, id);

CREATE TABLE subscriptions (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    workspace_id TEXT NOT NULL,
    view TEXT NOT NULL,
    subject TEXT,
    url TEXT NOT NULL,
    entries TEXT NOT NULL,
    filter TEXT,
    description TEXT,
    metadata TEXT NOT NULL,
    headers TEXT,
    rate_limit BIGINT,
    ordering TEXT NOT NULL,
    signature_format TEXT NOT NULL,
    pinned_version TEXT,
    secrets TEXT NOT NULL,
    status TEXT NOT NULL,
    disabled_reason TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    deleted_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX subscriptions_by_workspace ON subscriptions (account_id, workspace_id, id);
CREATE UNIQUE INDEX subscriptions_by_id ON subscriptions (id);

-- Apart from the subscription, because it changes with attempts and must not wake the caches.
CREATE TABLE subscription_health (
    account_id TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    failing_since BIGINT,
    failed_attempts BIGINT NOT NULL,
    last_success_at BIGINT,
    last_failure_at BIGINT,
    warned_at BIGINT,
    PRIMARY KEY (account_id, subscription_id)
);

-- One row per event and subscription (number 0), and one per redelivery.
-- due_at is set while the row can be claimed; lease_until while somebody works on it; neither once it is settled or parked.
CREATE TABLE deliveries (
    account_id TEXT NOT NULL,
    workspace_id TEXT NOT NULL,
    id TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    view TEXT NOT NULL,
    event_type TEXT NOT NULL,
    position BIGINT NOT NULL,
    state TEXT NOT NULL,
    trigger TEXT NOT NULL,
    parked_by TEXT,
    due_at BIGINT,
    lease_until BIGINT,
    lease_owner TEXT,
    strict_open BIGINT,
    attempt_count BIGINT NOT NULL,
    budget_attempts BIGINT NOT NULL,
    budget_from BIGINT,
    expires_at BIGINT,
    kept_due_at BIGINT,
    paused_at BIGINT,
    sequence BIGINT,
    body TEXT,
    last_response_status BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    completed_at BIGINT,
    PRIMARY KEY (account_id, workspace_id, id)
);
CREATE UNIQUE INDEX deliveries_fan_out ON deliveries (event_id, subscription_id, number);
CREATE INDEX deliveries_by_subscription ON deliveries (account_id, subscription_id, id);
CREATE INDEX deliveries_due ON deliveries (subscription_id, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX deliveries_strict ON deliveries (subscription_id, position, id) WHERE strict_open = 1;
-- Lists of what needs attention; the ordinary way from due to delivered does not touch it.
CREATE INDEX deliveries_troubled ON deliveries
    (account_id, workspace_id, (CASE WHEN state IN ('retrying', 'exhausted', 'skipped', 'parked', 'canceled') THEN state END), id)
    WHERE (CASE WHEN state IN ('retrying', 'exhausted', 'skipped', 'parked', 'canceled') THEN state END) IS NOT NULL;

CREATE TABLE attempts (
    account_id TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    id TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    trigger TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    url TEXT NOT NULL,
    response_status BIGINT,
    response_headers TEXT,
    response_body TEXT,
    response_truncated BIGINT NOT NULL,
    error TEXT,
    signature_timestamp BIGINT,
    resolved_ip TEXT,
    PRIMARY KEY (account_id, delivery_id, number)
);
CREATE INDEX attempts_by_subscription ON attempts (account_id, subscription_id, started_at);

CREATE TABLE idempotency (
    account_id TEXT NOT NULL,
    workspace_id TEXT NOT NULL,
    route TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    digest TEXT NOT NULL,
    is_running BIGINT NOT NULL,
    status BIGINT NOT NULL,
    reply TEXT,
    product TEXT,
    subject TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, workspace_id, route, idempotency_key)
);
CREATE INDEX idempotency_by_subject ON idempotency (account_id, product, subject) WHERE subject IS NOT NULL;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE cursors (
    account_id TEXT NOT NULL,
    workspace_id TEXT NOT NULL,
    route TEXT NOT NULL,
    position TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, workspace_id, route, position)
);
CREATE INDEX cursors_by_credential ON cursors (account_id, credential_id, issued_at);

CREATE TABLE request_logs (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    workspace_id TEXT,
    credential_id TEXT,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    route TEXT NOT NULL,
    status BIGINT NOT NULL,
    duration_us BIGINT NOT NULL,
    error_code TEXT,
    client TEXT NOT NULL,
    client_request_id TEXT,
    request_body TEXT,
    response_body TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
