"""Estimates: what a piece of work would cost a client, and what the client says to it."""
