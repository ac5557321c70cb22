"""Harbor: events, signed webhooks, workspaces and scoped keys."""
