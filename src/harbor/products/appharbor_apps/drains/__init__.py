"""Log drains: addresses that get every line of an application."""
