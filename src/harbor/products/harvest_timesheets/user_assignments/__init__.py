"""Who is on which project, and at which rate."""
