"""The lines of applications: kept for a while, followed by sessions and drains. Lines are never rows."""
