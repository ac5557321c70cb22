-- Imports from an account of Harvest elsewhere. `id` is the number on the wire; `job_id` the job that does it. `token` is the
-- source's token, sealed, and is erased when the import ends. `floor` is above every id of the source: what is made here since has
-- larger ones. `began_us` is when the copying began here, `source_us` the source's own time of that moment.
CREATE TABLE harvest_imports (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    job_id TEXT NOT NULL,
    source_url TEXT NOT NULL,
    source_account TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    is_full BIGINT NOT NULL,
    token TEXT,
    state TEXT NOT NULL,
    error TEXT,
    since_us BIGINT,
    source_us BIGINT,
    began_us BIGINT,
    floor BIGINT,
    problems BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    PRIMARY KEY (account_id, id)
);
-- What a source was copied from before.
CREATE INDEX harvest_imports_by_source ON harvest_imports (account_id, source_url, source_account, id);
CREATE UNIQUE INDEX harvest_imports_by_job ON harvest_imports (account_id, job_id);
-- The token of an import whose job has ended is looked for and erased.
CREATE INDEX harvest_imports_with_token ON harvest_imports (account_id, id) WHERE token IS NOT NULL;

-- How many of each kind were read, and what became of them.
CREATE TABLE harvest_import_counts (
    account_id TEXT NOT NULL,
    import_id BIGINT NOT NULL,
    resource TEXT NOT NULL,
    seen BIGINT NOT NULL,
    added BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    left_out BIGINT NOT NULL,
    PRIMARY KEY (account_id, import_id, resource)
);

-- Counts and sums of both sides: `measure` says of what, `subject` of whom. Hours and money are hundredths.
CREATE TABLE harvest_import_sums (
    account_id TEXT NOT NULL,
    import_id BIGINT NOT NULL,
    measure TEXT NOT NULL,
    subject TEXT NOT NULL,
    there BIGINT NOT NULL,
    here BIGINT NOT NULL,
    PRIMARY KEY (account_id, import_id, measure, subject)
);

-- What was left out, is missing or differs, one line each, up to a bound.
CREATE TABLE harvest_import_problems (
    account_id TEXT NOT NULL,
    import_id BIGINT NOT NULL,
    number BIGINT NOT NULL,
    phase TEXT NOT NULL,
    resource TEXT NOT NULL,
    thing TEXT NOT NULL,
    what TEXT NOT NULL,
    PRIMARY KEY (account_id, import_id, number)
);
