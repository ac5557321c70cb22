"""Backups: everything an installation must keep, in one file that can be examined."""
