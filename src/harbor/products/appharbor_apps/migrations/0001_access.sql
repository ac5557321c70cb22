-- Tokens of people: made by themselves (personal) or through an authorized client (oauth). `scopes` NULL may do everything.
CREATE TABLE appharbor_tokens (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    scopes TEXT,
    client_id TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX appharbor_tokens_by_digest ON appharbor_tokens (digest);
-- A person's tokens, newest first, and the grants of a client.
CREATE INDEX appharbor_tokens_by_person ON appharbor_tokens (account_id, person_id, id);

-- Programs that ask people for access. The id is public and unique in the installation; of the secret a digest is kept.
CREATE TABLE appharbor_clients (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    name TEXT NOT NULL,
    callback_url TEXT NOT NULL,
    application_url TEXT NOT NULL,
    secret_digest TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX appharbor_clients_by_id ON appharbor_clients (id);

-- What a person granted a client, until it is exchanged for a token, and afterwards so that a second exchange is noticed.
CREATE TABLE appharbor_codes (
    account_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    scopes TEXT,
    challenge TEXT,
    challenge_method TEXT,
    token_id TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (account_id, digest)
);
CREATE UNIQUE INDEX appharbor_codes_by_digest ON appharbor_codes (digest);
CREATE INDEX appharbor_codes_by_expiry ON appharbor_codes (expires_at);
