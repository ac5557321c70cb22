"""Rate limits: how many requests a bucket may make, counted in memory or across processes."""
