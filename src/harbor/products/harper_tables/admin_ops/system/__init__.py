"""The process and its machine: restarts, figures, status, the log."""
