"""Saved reports: a report with its filters under a name, for oneself or for everybody."""
