"""API keys: how programs of an organization sign in."""
