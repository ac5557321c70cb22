-- Time or expenses that come as CSV. Ids are from the counter of imports; what is wrong with lines stands in
-- `harvest_import_problems` under the same id. `came`, `same` and `wrong` count rows: written, there before, and left out.
CREATE TABLE harvest_csv_imports (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    job_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    file_name TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    is_dry BIGINT NOT NULL,
    makes_missing BIGINT NOT NULL,
    state TEXT NOT NULL,
    error TEXT,
    total BIGINT NOT NULL,
    came BIGINT NOT NULL,
    same BIGINT NOT NULL,
    wrong BIGINT NOT NULL,
    made TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    PRIMARY KEY (account_id, id)
);

-- Its rows until they are written, some hundred each, as JSON.
CREATE TABLE harvest_csv_parts (
    account_id TEXT NOT NULL,
    import_id BIGINT NOT NULL,
    part BIGINT NOT NULL,
    rows TEXT NOT NULL,
    PRIMARY KEY (account_id, import_id, part)
);
