"""Who calls: organizations, accounts, people, credentials and their scopes."""
