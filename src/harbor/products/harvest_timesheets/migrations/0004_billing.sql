-- What new invoices and estimates begin with, and the texts of their mails: a JSON object of what differs from the defaults.
CREATE TABLE harvest_billing_settings (
    account_id TEXT NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL
);

-- Kinds of lines. `kind` is invoice or estimate; a line keeps the name that its category had.
CREATE TABLE harvest_item_categories (
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    use_as_service BIGINT NOT NULL,
    use_as_expense BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, id)
);
CREATE UNIQUE INDEX harvest_item_categories_by_name ON harvest_item_categories (account_id, kind, name_key);

-- `number_value` is a number that is digits alone, to find the next one. Sums follow from the lines; `paid_e2` from the payments.
CREATE TABLE harvest_invoices (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    client_id BIGINT NOT NULL,
    client_key TEXT NOT NULL,
    number TEXT NOT NULL,
    number_value BIGINT,
    purchase_order TEXT NOT NULL,
    subject TEXT NOT NULL,
    notes TEXT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    tax_e4 BIGINT,
    tax2_e4 BIGINT,
    discount_e4 BIGINT,
    is_compound BIGINT NOT NULL,
    amount_e2 BIGINT NOT NULL,
    tax_amount_e2 BIGINT NOT NULL,
    tax2_amount_e2 BIGINT NOT NULL,
    discount_amount_e2 BIGINT NOT NULL,
    paid_e2 BIGINT NOT NULL,
    period_start TEXT,
    period_end TEXT,
    issued_on TEXT NOT NULL,
    due_on TEXT NOT NULL,
    payment_term TEXT NOT NULL,
    payment_options TEXT NOT NULL,
    sent_at BIGINT,
    paid_at BIGINT,
    paid_on TEXT,
    closed_at BIGINT,
    recurring_invoice_id BIGINT,
    estimate_id BIGINT,
    retainer_id BIGINT,
    creator_id BIGINT NOT NULL,
    creator_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
-- The order of the list.
CREATE INDEX harvest_invoices_by_issue ON harvest_invoices (account_id, issued_on, id);
CREATE INDEX harvest_invoices_by_client ON harvest_invoices (account_id, client_id, issued_on, id);
CREATE INDEX harvest_invoices_by_update ON harvest_invoices (account_id, updated_at);
CREATE INDEX harvest_invoices_by_estimate ON harvest_invoices (account_id, estimate_id) WHERE estimate_id IS NOT NULL;
CREATE INDEX harvest_invoices_by_value ON harvest_invoices (account_id, number_value) WHERE number_value IS NOT NULL;
CREATE UNIQUE INDEX harvest_invoices_by_number ON harvest_invoices (account_id, number);
-- The public page is asked for by this key alone.
CREATE UNIQUE INDEX harvest_invoices_by_key ON harvest_invoices (client_key);

CREATE TABLE harvest_estimates (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    client_id BIGINT NOT NULL,
    client_key TEXT NOT NULL,
    number TEXT NOT NULL,
    number_value BIGINT,
    purchase_order TEXT NOT NULL,
    subject TEXT NOT NULL,
    notes TEXT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    tax_e4 BIGINT,
    tax2_e4 BIGINT,
    discount_e4 BIGINT,
    is_compound BIGINT NOT NULL,
    amount_e2 BIGINT NOT NULL,
    tax_amount_e2 BIGINT NOT NULL,
    tax2_amount_e2 BIGINT NOT NULL,
    discount_amount_e2 BIGINT NOT NULL,
    issued_on TEXT NOT NULL,
    sent_at BIGINT,
    accepted_at BIGINT,
    declined_at BIGINT,
    creator_id BIGINT NOT NULL,
    creator_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
-- The order of the list.
CREATE INDEX harvest_estimates_by_issue ON harvest_estimates (account_id, issued_on, id);
CREATE INDEX harvest_estimates_by_client ON harvest_estimates (account_id, client_id, issued_on, id);
CREATE INDEX harvest_estimates_by_update ON harvest_estimates (account_id, updated_at);
CREATE INDEX harvest_estimates_by_value ON harvest_estimates (account_id, number_value) WHERE number_value IS NOT NULL;
CREATE UNIQUE INDEX harvest_estimates_by_number ON harvest_estimates (account_id, number);
CREATE UNIQUE INDEX harvest_estimates_by_key ON harvest_estimates (client_key);

-- Lines of invoices and estimates, in the order of their ids. `kind` is invoice or estimate.
CREATE TABLE harvest_bill_lines (
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    bill_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    category TEXT NOT NULL,
    description TEXT NOT NULL,
    quantity_e4 BIGINT NOT NULL,
    unit_price_e4 BIGINT NOT NULL,
    amount_e2 BIGINT NOT NULL,
    taxed BIGINT NOT NULL,
    taxed2 BIGINT NOT NULL,
    project_id BIGINT,
    PRIMARY KEY (account_id, kind, bill_id, id)
);
-- Which invoices bill a project, and how much of it.
CREATE INDEX harvest_bill_lines_by_project ON harvest_bill_lines (account_id, project_id, bill_id) WHERE project_id IS NOT NULL;

-- Messages of invoices and estimates; newest first is by id. `recipients` is a JSON list of names and addresses.
CREATE TABLE harvest_bill_messages (
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    bill_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    event_type TEXT,
    sent_by TEXT NOT NULL,
    sent_by_email TEXT NOT NULL,
    recipients TEXT NOT NULL,
    subject TEXT,
    body TEXT,
    attach_pdf BIGINT NOT NULL,
    send_me_a_copy BIGINT NOT NULL,
    thank_you BIGINT NOT NULL,
    reminder BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, bill_id, id)
);

CREATE TABLE harvest_invoice_payments (
    account_id TEXT NOT NULL,
    invoice_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    amount_e2 BIGINT NOT NULL,
    paid_at BIGINT NOT NULL,
    paid_on TEXT NOT NULL,
    notes TEXT NOT NULL,
    recorded_by TEXT NOT NULL,
    recorded_by_email TEXT NOT NULL,
    transaction_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, invoice_id, id)
);
