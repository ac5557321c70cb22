"""Log sessions: an address that shows the lines of an application to whoever knows it."""
