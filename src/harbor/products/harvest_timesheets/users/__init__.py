"""People of an account: who they are, what they may do, how much they work."""
