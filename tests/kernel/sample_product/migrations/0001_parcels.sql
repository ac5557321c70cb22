-- What lies on the desk, and for whom.
CREATE TABLE desk_parcels (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    label TEXT NOT NULL,
    recipient TEXT NOT NULL,
    email TEXT,
    note TEXT,
    weight_g BIGINT NOT NULL,
    state TEXT NOT NULL,
    tracking TEXT,
    arrived_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
