"""Retention: how long what was recorded is kept, and the sweeps that delete the rest."""
