"""Billable and cost rates of people over time."""
