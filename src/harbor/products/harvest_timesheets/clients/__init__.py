"""Clients: who projects are done for and invoices are sent to."""
