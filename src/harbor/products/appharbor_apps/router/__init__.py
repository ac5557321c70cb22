"""The router: a process of its own in front of all applications, which knows them from one file."""
