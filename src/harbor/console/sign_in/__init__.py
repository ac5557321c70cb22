"""Signing in and out, and where one comes in."""

from harbor.console.sign_in import api, links, second_step

ROUTES = (*api.ROUTES, *second_step.ROUTES, *links.ROUTES)

__all__ = ["ROUTES"]
