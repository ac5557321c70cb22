"""Workspaces: metadata of the wall between one set of events and another."""
