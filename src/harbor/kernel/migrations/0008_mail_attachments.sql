-- Files that go with mails, in their order. Their bytes are blobs, which a mail names until it is purged or erased.
CREATE TABLE mail_attachments (
    account_id TEXT NOT NULL,
    mail_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    blob_key TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    PRIMARY KEY (account_id, mail_id, position)
);
-- The sweep of blobs asks which keys are still named.
CREATE INDEX mail_attachments_by_blob ON mail_attachments (account_id, blob_key);
