"""Webhook endpoints: where events go."""
