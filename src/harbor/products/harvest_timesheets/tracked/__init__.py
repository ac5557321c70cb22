"""What is tracked on things: whether time, expenses or running timers keep them from being deleted or archived."""
