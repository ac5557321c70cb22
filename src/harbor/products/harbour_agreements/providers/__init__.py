"""Providers: who runs the checks. `protocol` is what all of them keep to."""
