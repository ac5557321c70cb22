"""Checks that people decide: nothing leaves the installation, and a queue waits for a reviewer."""
