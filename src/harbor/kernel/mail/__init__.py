"""Mails: written into the outbox with the change they tell of, delivered by a job."""
