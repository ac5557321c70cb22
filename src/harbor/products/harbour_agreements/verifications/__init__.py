"""Verifications: what was checked of a person, listed, read, redacted and deleted."""
