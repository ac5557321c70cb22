"""Exceptions that applications did not handle."""
