"""HTTP: one pipeline for all products, whose differences are values."""
