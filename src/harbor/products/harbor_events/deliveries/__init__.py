"""Deliveries: how each sending went, and sending again."""
