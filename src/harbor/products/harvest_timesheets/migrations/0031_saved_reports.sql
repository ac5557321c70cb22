-- Questions to reports that somebody keeps under a name. `words` is a JSON object of what the report is asked with.
CREATE TABLE harvest_saved_reports (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    words TEXT NOT NULL,
    is_shared BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
-- Everybody's own, by name.
CREATE UNIQUE INDEX harvest_saved_reports_by_name ON harvest_saved_reports (account_id, user_id, name_key);
-- Those that everybody sees.
CREATE INDEX harvest_saved_reports_shared ON harvest_saved_reports (account_id, name_key) WHERE is_shared = 1;
