"""Checks that somebody else runs behind an HTTP API, which an organization describes: requests, pointers, words, signature."""
