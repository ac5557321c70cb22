"""Rotation of the master key: a new one seals, everything is sealed again in steps, and the old one goes."""
