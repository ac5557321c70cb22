"""Builds: what was pushed or sent as an archive, what became of it, and what it said meanwhile."""
