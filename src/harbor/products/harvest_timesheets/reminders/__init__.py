"""Reminders of invoices that are late, sent by themselves if an account wants them."""
