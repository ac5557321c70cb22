"""Subscriptions: kept, changed, remembered for matching."""
