-- How documents of an account look: a colour, and a logo whose bytes are a blob. Points are those of the picture.
CREATE TABLE harvest_branding (
    account_id TEXT NOT NULL PRIMARY KEY,
    colour TEXT NOT NULL,
    logo_key TEXT,
    logo_type TEXT,
    logo_width BIGINT,
    logo_height BIGINT
);
