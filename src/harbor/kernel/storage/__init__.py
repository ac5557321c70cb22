"""Storage: one port, two engines, SQL written once."""
