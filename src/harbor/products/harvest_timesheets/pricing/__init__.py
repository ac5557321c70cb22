"""What an entry is worth: its client, whether it is billable and budgeted, its rates, its rounded hours."""
