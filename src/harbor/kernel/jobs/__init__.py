"""Jobs: work done later, kept in the database until it is done."""
