-- Templates of invoices that are made again and again. `lines` and `recipients` are JSON lists, days are ISO text.
-- `steps` counts the days of issue that have passed since `starts_on`; `next_on` is the next one, NULL for one that is stopped.
CREATE TABLE harvest_recurring_invoices (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    client_id BIGINT NOT NULL,
    subject TEXT NOT NULL,
    notes TEXT NOT NULL,
    purchase_order TEXT NOT NULL,
    currency TEXT NOT NULL,
    tax_e4 BIGINT,
    tax2_e4 BIGINT,
    discount_e4 BIGINT,
    payment_term TEXT NOT NULL,
    lines TEXT NOT NULL,
    every BIGINT NOT NULL,
    unit TEXT NOT NULL,
    starts_on TEXT NOT NULL,
    steps BIGINT NOT NULL,
    next_on TEXT,
    sends BIGINT NOT NULL,
    recipients TEXT NOT NULL,
    attach_pdf BIGINT NOT NULL,
    stop_reason TEXT NOT NULL,
    base_url TEXT NOT NULL,
    creator_id BIGINT NOT NULL,
    creator_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
-- What is due goes over all accounts.
CREATE INDEX harvest_recurring_invoices_due ON harvest_recurring_invoices (next_on, account_id, id) WHERE next_on IS NOT NULL;

-- Which invoices a template made.
CREATE INDEX harvest_invoices_by_template ON harvest_invoices (account_id, recurring_invoice_id) WHERE recurring_invoice_id IS NOT NULL;

-- Invoices that are open, by the day they are due: what is late.
CREATE INDEX harvest_invoices_late ON harvest_invoices (account_id, due_on, id) WHERE state = 'open';

-- Whether an account reminds of late invoices by itself: first after `after_days`, then each `every_days`, 0 for once.
CREATE TABLE harvest_reminder_settings (
    account_id TEXT NOT NULL PRIMARY KEY,
    is_on BIGINT NOT NULL,
    after_days BIGINT NOT NULL,
    every_days BIGINT NOT NULL,
    base_url TEXT NOT NULL
);

-- When an invoice was reminded of last, as the account counts days.
CREATE TABLE harvest_invoice_reminders (
    account_id TEXT NOT NULL,
    invoice_id BIGINT NOT NULL,
    reminded_on TEXT NOT NULL,
    PRIMARY KEY (account_id, invoice_id)
);
