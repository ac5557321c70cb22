"""Item categories: the kinds that lines of invoices and estimates are of."""
