"""Host names that people have given an application."""
