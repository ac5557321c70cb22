"""The optional catalogue of event types."""
