-- Changes are followed in the order in which they become visible. `position` is a moment, and a transaction that began earlier may
-- commit later; the number of the transaction tells which changes nothing can come before any more (kernel: event log).
ALTER TABLE harper_audit ADD COLUMN tx_number BIGINT NOT NULL DEFAULT 0;
CREATE INDEX harper_audit_followed ON harper_audit (table_id, tx_number, position);
