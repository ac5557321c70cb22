"""Parking: outstanding deliveries stand still while their workspace or subscription is off, and lose none of their budget."""
