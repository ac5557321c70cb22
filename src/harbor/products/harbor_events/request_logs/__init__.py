"""What was asked of the API."""
