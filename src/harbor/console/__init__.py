"""The web console: HTML over the same services, for people who sign in. Products plug their pages in as sections."""
