"""The one event log: what happened in every product, in order."""
