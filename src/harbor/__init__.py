"""Harbor: one platform, five API systems, one event log."""

__version__ = "0.1.0"
