"""Signing in and out, and where one comes in."""

from harbor.console.sign_in.api import ROUTES

__all__ = ["ROUTES"]
