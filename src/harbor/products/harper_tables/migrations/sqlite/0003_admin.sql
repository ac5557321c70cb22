-- The same tables as in postgres/0003_admin.sql.
-- What administration keeps: small documents of an account by kind and name. `secret` is sealed.
CREATE TABLE harper_kept (
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    doc TEXT NOT NULL,
    secret TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, name)
);
-- The files of components. A folder has no content.
CREATE TABLE harper_files (
    account_id TEXT NOT NULL,
    project TEXT NOT NULL,
    path TEXT NOT NULL,
    content BYTES,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, project, path)
);
-- What is too large for a document: archives that were deployed, and backups.
CREATE TABLE harper_archives (
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    content BYTES NOT NULL,
    PRIMARY KEY (account_id, kind, name)
);
