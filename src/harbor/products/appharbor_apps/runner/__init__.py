"""The runner: a process of its own that starts applications, watches them, and outlives the server."""
