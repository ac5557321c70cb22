-- Ids are of the installation. `build_token` is sealed; its digest finds the application a build address belongs to.
CREATE TABLE appharbor_applications (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    region TEXT NOT NULL,
    person_id TEXT NOT NULL,
    tracking_branch TEXT,
    environment_name TEXT NOT NULL,
    precompilation BIGINT NOT NULL,
    build_command TEXT,
    test_command TEXT,
    health_check_path TEXT NOT NULL,
    fail_on_test_failure BIGINT NOT NULL,
    is_file_system_writable BIGINT NOT NULL,
    build_token TEXT NOT NULL,
    build_token_digest TEXT NOT NULL,
    live_build_id BIGINT,
    deploying_build_id BIGINT,
    wanted_build_id BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX appharbor_applications_by_slug ON appharbor_applications (slug);
CREATE UNIQUE INDEX appharbor_applications_by_build_token ON appharbor_applications (build_token_digest);

-- Slugs of deleted applications, which nobody else gets for a day.
CREATE TABLE appharbor_slug_holds (
    account_id TEXT NOT NULL,
    slug TEXT NOT NULL,
    held_until BIGINT NOT NULL,
    PRIMARY KEY (account_id, slug)
);
CREATE INDEX appharbor_slug_holds_by_slug ON appharbor_slug_holds (slug, held_until);

-- `person_id` is NULL until an invited person has joined; `email_key` is the address in its normal form.
CREATE TABLE appharbor_collaborators (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    application_id BIGINT NOT NULL,
    person_id TEXT,
    email_key TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX appharbor_collaborators_by_email ON appharbor_collaborators (account_id, application_id, email_key);
-- Which applications a person works on, in whatever account.
CREATE INDEX appharbor_collaborators_by_person ON appharbor_collaborators (person_id, application_id);
CREATE INDEX appharbor_collaborators_by_invitation ON appharbor_collaborators (email_key);

-- `value` is sealed. Keys differ in more than case.
CREATE TABLE appharbor_variables (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    application_id BIGINT NOT NULL,
    key TEXT NOT NULL,
    key_fold TEXT NOT NULL,
    value TEXT NOT NULL,
    addon_id BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX appharbor_variables_by_key ON appharbor_variables (account_id, application_id, key_fold);

CREATE TABLE appharbor_hostnames (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    application_id BIGINT NOT NULL,
    value TEXT NOT NULL,
    canonical BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX appharbor_hostnames_by_value ON appharbor_hostnames (value);
CREATE INDEX appharbor_hostnames_of_application ON appharbor_hostnames (account_id, application_id, value);

-- A service hook is a subscription of the kernel; this row gives it the integer id that clients know.
CREATE TABLE appharbor_service_hooks (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    application_id BIGINT NOT NULL,
    subscription_id TEXT NOT NULL,
    url TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX appharbor_service_hooks_by_url ON appharbor_service_hooks (account_id, application_id, url);

CREATE TABLE appharbor_drains (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    application_id BIGINT NOT NULL,
    value TEXT NOT NULL,
    token TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX appharbor_drains_by_value ON appharbor_drains (account_id, application_id, value);

-- The address of a session is its secret, so a digest stands for it.
CREATE TABLE appharbor_log_sessions (
    account_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    application_id BIGINT NOT NULL,
    tail BIGINT NOT NULL,
    line_limit BIGINT NOT NULL,
    source_filter TEXT,
    process_filter TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    opened_at BIGINT,
    PRIMARY KEY (account_id, digest)
);
CREATE UNIQUE INDEX appharbor_log_sessions_by_digest ON appharbor_log_sessions (digest);
CREATE INDEX appharbor_log_sessions_by_expiry ON appharbor_log_sessions (account_id, expires_at);

-- `exception` is JSON: type, message, stack trace, and the exception behind it in the same shape.
CREATE TABLE appharbor_exceptions (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    application_id BIGINT NOT NULL,
    commit_id TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    request_path TEXT NOT NULL,
    message TEXT NOT NULL,
    exception TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX appharbor_exceptions_newest ON appharbor_exceptions (account_id, application_id, id);
