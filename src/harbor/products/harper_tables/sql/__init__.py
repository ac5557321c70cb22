"""The operation `sql`: one statement over the tables of an instance, read here, run here, with the store's help."""
