"""Harbor: one platform, five API systems, one event log."""
