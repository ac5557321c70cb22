"""Git over HTTP: repositories on disk, the system's git behind our own sign-in, and what a push leads to."""
