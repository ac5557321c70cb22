"""What invoices and estimates have in common: lines and their sums, numbers, messages."""
