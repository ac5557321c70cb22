"""Invoices that are made again and again: templates, and the job that makes what is due."""
