-- The same tables as in sqlite/0002_access.sql.
CREATE TABLE harper_roles (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    permission TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX harper_roles_name ON harper_roles (account_id, name);
-- A name is one user's in the whole installation, because Basic credentials say nothing of an account. `seed` is random and
-- new with each password: a token that carries another one ends. `refresh_digest` is that of the newest refresh token.
CREATE TABLE harper_users (
    account_id TEXT NOT NULL,
    username TEXT NOT NULL,
    id TEXT NOT NULL,
    role_id TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    seed TEXT NOT NULL,
    refresh_digest TEXT,
    is_active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, username)
);
CREATE UNIQUE INDEX harper_users_username ON harper_users (username);
CREATE INDEX harper_users_role ON harper_users (account_id, role_id, username);
CREATE TABLE harper_sessions (
    account_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    user_id TEXT NOT NULL,
    username TEXT NOT NULL,
    origin TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, digest)
);
CREATE UNIQUE INDEX harper_sessions_digest ON harper_sessions (digest);
CREATE INDEX harper_sessions_user ON harper_sessions (account_id, user_id, created_at);
-- What an account signs its tokens with; the private half is sealed.
CREATE TABLE harper_token_keys (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    private_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX harper_token_keys_id ON harper_token_keys (id);
