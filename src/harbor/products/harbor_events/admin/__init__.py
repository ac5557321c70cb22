"""What the organization's administrators see: audit, queue, calendar."""
