"""Collaborators: people who work on an application that is not theirs."""
