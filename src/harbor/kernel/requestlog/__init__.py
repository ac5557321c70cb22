"""Request logs: what was asked of the API and how it was answered, kept for a few days."""
