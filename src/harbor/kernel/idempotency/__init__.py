"""Idempotency: the same request with the same key is done once and answered the same."""
