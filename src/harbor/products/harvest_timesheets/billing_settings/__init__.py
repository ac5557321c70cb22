"""Settings of billing that have no API: terms, taxes, and the texts that invoices and estimates begin with."""
