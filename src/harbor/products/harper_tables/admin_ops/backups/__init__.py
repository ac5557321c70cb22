"""Copies of a database: taken, checked, put back."""
