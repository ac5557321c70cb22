"""Kinds of expenses, with or without a price a unit."""
