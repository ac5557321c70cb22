"""What clients see of invoices, estimates and their account, by addresses that nobody guesses."""
