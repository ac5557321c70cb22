"""Records: insert, update, upsert, put, delete; each request one transaction with its audit."""
