"""Harper's Operations API: databases of schemaless tables, NoSQL and SQL, users and roles, on one path."""
