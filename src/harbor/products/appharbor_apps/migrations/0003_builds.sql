-- `source_url` is sealed: addresses of archives carry tokens. `dispatched_at` is when a job was queued for the build,
-- `told_at` when service hooks were told of its end.
CREATE TABLE appharbor_builds (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    application_id BIGINT NOT NULL,
    status TEXT NOT NULL,
    source TEXT NOT NULL,
    source_url TEXT,
    branch TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    commit_message TEXT NOT NULL,
    artefact_key TEXT,
    artefact_sha256 TEXT,
    artefact_bytes BIGINT,
    manifest TEXT,
    created_at BIGINT NOT NULL,
    dispatched_at BIGINT,
    started_at BIGINT,
    finished_at BIGINT,
    deployed_at BIGINT,
    told_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX appharbor_builds_newest ON appharbor_builds (account_id, application_id, id);
-- What waits and what runs, in the whole installation.
CREATE INDEX appharbor_builds_open ON appharbor_builds (status, id) WHERE status IN ('Queued', 'Building');
-- Good builds whose deployment is still to come.
CREATE INDEX appharbor_builds_untold ON appharbor_builds (account_id, application_id, id) WHERE told_at IS NULL AND status = 'Succeeded';
-- A commit that was built already is deployed and not built again.
CREATE INDEX appharbor_builds_by_commit ON appharbor_builds (account_id, application_id, commit_id);

CREATE TABLE appharbor_build_logs (
    account_id TEXT NOT NULL,
    build_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    message TEXT NOT NULL,
    details TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, build_id, number)
);

-- `path` is the position in the tree (3.1), `sort_key` the same with its numbers in equal length.
CREATE TABLE appharbor_tests (
    account_id TEXT NOT NULL,
    build_id BIGINT NOT NULL,
    sort_key TEXT NOT NULL,
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    kind TEXT NOT NULL,
    duration_us BIGINT NOT NULL,
    message TEXT,
    stack_trace TEXT,
    output TEXT,
    PRIMARY KEY (account_id, build_id, sort_key)
);

-- Releases are numbered for each application. `variables` is sealed: the configuration as it was.
CREATE TABLE appharbor_releases (
    account_id TEXT NOT NULL,
    application_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    build_id BIGINT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    variables TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    PRIMARY KEY (account_id, application_id, number)
);
