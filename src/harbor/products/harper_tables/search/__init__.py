"""Reading records: by key, by value, by conditions, in one order of all values."""
