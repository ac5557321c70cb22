"""Shared machinery of all products: it knows no product and speaks no dialect."""
