"""The queue of deliveries: what is due, who works on it, what became of it."""
