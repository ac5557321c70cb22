"""Reviews: checks that people decide, with what they looked at and who agreed."""
