"""Applications: made, renamed, deleted, and the one way to reach what belongs to them."""
