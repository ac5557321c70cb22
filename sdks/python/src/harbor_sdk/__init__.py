"""Python client of Harbor."""
