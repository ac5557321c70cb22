"""Expenses: what was spent for a project, with a receipt, and what becomes of it: approved, locked, invoiced."""
