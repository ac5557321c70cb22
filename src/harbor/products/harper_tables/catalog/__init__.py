"""Databases, tables and attributes: what there is to write to and to ask."""
