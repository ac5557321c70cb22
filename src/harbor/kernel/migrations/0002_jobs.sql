-- Work done later. A running job is leased until a moment of real time; all other moments are the calendar's.
CREATE TABLE jobs (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    priority BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    unique_key TEXT,
    data TEXT NOT NULL,
    position TEXT,
    progress_done BIGINT NOT NULL,
    progress_total BIGINT,
    result TEXT,
    error TEXT,
    attempts BIGINT NOT NULL,
    lease_token TEXT,
    lease_until BIGINT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX jobs_unique_key ON jobs (account_id, unique_key)
    WHERE unique_key IS NOT NULL AND state IN ('queued', 'running');
CREATE INDEX jobs_by_kind ON jobs (account_id, kind, id);
-- The worker serves all accounts, so what it looks for comes first.
CREATE INDEX jobs_due ON jobs (priority, due_at, id) WHERE state = 'queued';
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;

-- When each recurring job was last put into the queue.
CREATE TABLE job_schedules (
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, name)
);
