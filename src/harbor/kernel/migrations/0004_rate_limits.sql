-- Counters of rate limits across processes. On SQLite there is one process, which counts in memory. On PostgreSQL the
-- limiter makes the table UNLOGGED when it opens: losing the counters in a crash is harmless.
-- There is no account_id: buckets of unknown callers have no account, the others begin with theirs.
CREATE TABLE rate_limits (
    bucket TEXT NOT NULL PRIMARY KEY,
    opened_at BIGINT NOT NULL,
    used BIGINT NOT NULL,
    full_at BIGINT NOT NULL,
    granted BIGINT NOT NULL,
    stale_at BIGINT NOT NULL
);

-- Sweeping. The value changes once per window, so that counting inside a window touches no index.
CREATE INDEX rate_limits_by_staleness ON rate_limits (stale_at);
