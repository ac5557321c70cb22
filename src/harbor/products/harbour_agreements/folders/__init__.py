"""Folders that agreements lie in."""
