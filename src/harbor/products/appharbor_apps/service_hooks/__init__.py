"""Service hooks: addresses that hear of every build when it is over."""
