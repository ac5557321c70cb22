"""Periods in which tracked time or expenses of a project or of a person are locked."""
