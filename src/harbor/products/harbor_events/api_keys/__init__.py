"""API keys: scoped secrets, shown once."""
