"""What was measured, and how it is asked for."""
