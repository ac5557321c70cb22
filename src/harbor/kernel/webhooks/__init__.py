"""Webhooks: who is told of which events, and how each telling goes until it is done.

Products show them through views (`view.py`); the machinery is the same for all.
"""
