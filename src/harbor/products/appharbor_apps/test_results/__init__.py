"""Test results: the tree of groups and tests that a build has run."""
