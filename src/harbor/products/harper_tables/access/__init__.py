"""Who calls and what they may do: users, roles, tokens and sessions."""
