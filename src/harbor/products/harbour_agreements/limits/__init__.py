"""How many requests a key may make: a window of a minute that slides, counted exactly.

The guide advises at most 100 requests a minute. Source: docs/products/harbour.md#rate-limits.
"""
