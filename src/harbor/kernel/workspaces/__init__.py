"""Workspaces: the wall between one set of events and another inside an account."""
