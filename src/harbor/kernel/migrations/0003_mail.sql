-- Mails to be sent, and what became of them. `hour` counts hours since 1970; `about` names what a mail tells of, so that
-- its content can be erased with it.
CREATE TABLE mails (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    topic TEXT NOT NULL,
    about TEXT,
    recipient TEXT NOT NULL,
    recipient_key TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT,
    state TEXT NOT NULL,
    error TEXT,
    hour BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX mails_one_an_hour ON mails (account_id, topic, recipient_key, hour);
CREATE INDEX mails_by_about ON mails (account_id, about) WHERE about IS NOT NULL;
-- Purges go over all accounts.
CREATE INDEX mails_by_age ON mails (created_at);
