"""One-off commands in the live release, and the processes that run."""
