"""Audit: who did what to which subject, written with the event of it."""
