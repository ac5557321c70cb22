-- What changed since a moment is put in the order of the list along this index alone; before, each page of a sync read and sorted
-- all rows that had changed.
CREATE INDEX harvest_time_entries_by_change ON harvest_time_entries (account_id, updated_at, spent_on, id);
DROP INDEX harvest_time_entries_by_update;
