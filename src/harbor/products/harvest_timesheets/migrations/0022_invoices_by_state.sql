-- The lists of the console, which begin with what is open: few among many that are paid.
CREATE INDEX harvest_invoices_by_state ON harvest_invoices (account_id, state, issued_on, id);
