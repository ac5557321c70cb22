"""Addresses that give one file without a key, for some minutes."""
