CREATE TABLE harbour_folders (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);

-- What is to be signed. Its text and fields stand in versions, of which a link binds one.
CREATE TABLE harbour_agreements (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    folder_id TEXT NOT NULL,
    status TEXT NOT NULL,
    is_template BIGINT NOT NULL,
    version BIGINT NOT NULL,
    creator_email TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id),
    CHECK (status IN ('Draft', 'Pending', 'Ongoing', 'Completed'))
);
-- The three orders of the list.
CREATE INDEX harbour_agreements_by_age ON harbour_agreements (account_id, created_at, id);
CREATE INDEX harbour_agreements_by_title ON harbour_agreements (account_id, title, id);
CREATE INDEX harbour_agreements_in_folder ON harbour_agreements (account_id, folder_id);

-- A version never changes: the hash of its file is what people sign.
CREATE TABLE harbour_agreement_versions (
    account_id TEXT NOT NULL,
    agreement_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    pages BIGINT NOT NULL,
    blob_key TEXT NOT NULL,
    fields TEXT NOT NULL,
    signer_roles TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, agreement_id, version)
);
CREATE INDEX harbour_agreement_versions_blobs ON harbour_agreement_versions (account_id, blob_key);

-- Addresses that give a file without a key, for some minutes. Of the address a digest is kept.
CREATE TABLE harbour_downloads (
    account_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    blob_key TEXT NOT NULL,
    file_name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    renewed_by TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, digest)
);
-- An address names no account.
CREATE UNIQUE INDEX harbour_downloads_by_digest ON harbour_downloads (digest);
CREATE INDEX harbour_downloads_by_end ON harbour_downloads (expires_at);
