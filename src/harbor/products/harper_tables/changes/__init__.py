"""Following what is done to a table, as it happens."""
