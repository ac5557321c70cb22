"""Taking everything out of an account: one archive with all that the API shows, and the receipts."""
