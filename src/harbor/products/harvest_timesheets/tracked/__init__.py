"""What is tracked on things: whether entries or running timers keep them from being deleted or archived."""
