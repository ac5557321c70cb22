"""Importing an account of Harvest from elsewhere, through its own API; and rows of CSV."""
