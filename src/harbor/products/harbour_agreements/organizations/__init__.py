"""An organization as Harbour sees an account: its public id, and what it decided for itself."""
