"""Roles: labels of jobs that people have. They give no rights."""
