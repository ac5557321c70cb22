"""Deliveries: made with their event, claimed when due, settled by their attempts."""
