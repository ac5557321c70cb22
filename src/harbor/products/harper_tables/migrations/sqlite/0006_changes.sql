-- The same number as postgres/0006_changes.sql. Here the only writer commits changes in the order of their positions, and the key of
-- harper_audit is all that following them needs.
SELECT 1;
