"""Several writes in one transaction: all of them or none, or only what they would do."""
