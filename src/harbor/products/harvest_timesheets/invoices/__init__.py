"""Invoices: what clients owe for tracked time, expenses and whatever else stands on their lines."""
