"""Time entries and the timers that run on them."""
