-- Applications that ask people for access. `id` is the client_id; of the secret only a digest is kept.
CREATE TABLE harvest_oauth_applications (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    redirect_url TEXT NOT NULL,
    reaches_all BIGINT NOT NULL,
    secret_digest TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX harvest_oauth_applications_by_id ON harvest_oauth_applications (id);

-- Codes that a person's consent has made, of the account that the token will have its home in.
CREATE TABLE harvest_oauth_codes (
    account_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    application_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    scope TEXT NOT NULL,
    challenge TEXT,
    challenge_method TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (account_id, digest)
);
CREATE UNIQUE INDEX harvest_oauth_codes_by_digest ON harvest_oauth_codes (digest);
CREATE INDEX harvest_oauth_codes_by_expiry ON harvest_oauth_codes (account_id, expires_at);

-- An application that is removed ends its tokens, in whatever accounts.
CREATE INDEX harvest_tokens_by_client ON harvest_tokens (client_id) WHERE client_id IS NOT NULL;
