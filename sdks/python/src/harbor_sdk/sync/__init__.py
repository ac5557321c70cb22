"""The blocking client: a thin transport and the namespaces over it."""
