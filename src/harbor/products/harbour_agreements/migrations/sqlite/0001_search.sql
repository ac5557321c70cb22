-- Trigrams of what a search looks through. They find candidates; the column `search` decides.
-- Only the places are kept, not the text, and what is deleted leaves the index at once.
CREATE TABLE harbour_search_rows (
    account_id TEXT NOT NULL,
    verification_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    number BIGINT PRIMARY KEY
);
CREATE UNIQUE INDEX harbour_search_rows_of ON harbour_search_rows (account_id, verification_id);
CREATE VIRTUAL TABLE harbour_search USING fts5(text, content='', detail='none', columnsize=0, tokenize='trigram case_sensitive 1');
INSERT INTO harbour_search (harbour_search, rank) VALUES ('secure-delete', 1);
