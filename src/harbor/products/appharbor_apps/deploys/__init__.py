"""Deployments: which build of an application is live, which is wanted, and the releases that came of it."""
