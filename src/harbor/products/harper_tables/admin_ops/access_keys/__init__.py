"""SSH keys, secrets and certificates."""
