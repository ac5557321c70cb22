"""The dispatcher: takes what is due, sends it, records what became of it."""
