"""Who calls: people, the tokens that prove it, and what a token may do."""
