"""Providers that an organization describes: their APIs, their secrets, and what they call back."""
