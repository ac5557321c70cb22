"""Tasks: kinds of work, used on projects."""
