-- Kinds of expenses. One with a price is counted in units of a name, such as miles.
CREATE TABLE harvest_expense_categories (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    name TEXT NOT NULL,
    unit_name TEXT,
    unit_price_e4 BIGINT,
    is_active BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX harvest_expense_categories_by_update ON harvest_expense_categories (account_id, updated_at);

-- `client_id` is the project's; what is invoiced keeps the one it was invoiced to. The bytes of a receipt are a blob.
CREATE TABLE harvest_expenses (
    account_id TEXT NOT NULL,
    id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    project_id BIGINT NOT NULL,
    expense_category_id BIGINT NOT NULL,
    client_id BIGINT NOT NULL,
    spent_on TEXT NOT NULL,
    units_e4 BIGINT NOT NULL,
    total_cost_e2 BIGINT NOT NULL,
    billable BIGINT NOT NULL,
    notes TEXT,
    approval_status TEXT NOT NULL,
    is_billed BIGINT NOT NULL,
    invoice_id BIGINT,
    invoice_number TEXT,
    receipt_key TEXT,
    receipt_name TEXT,
    receipt_bytes BIGINT,
    receipt_type TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
-- The order of every list.
CREATE INDEX harvest_expenses_by_day ON harvest_expenses (account_id, spent_on, id);
CREATE INDEX harvest_expenses_by_user ON harvest_expenses (account_id, user_id, spent_on, id);
CREATE INDEX harvest_expenses_by_project ON harvest_expenses (account_id, project_id, spent_on, id);
CREATE INDEX harvest_expenses_by_client ON harvest_expenses (account_id, client_id, spent_on, id);
CREATE INDEX harvest_expenses_by_category ON harvest_expenses (account_id, expense_category_id);
CREATE INDEX harvest_expenses_by_update ON harvest_expenses (account_id, updated_at);
CREATE INDEX harvest_expenses_by_invoice ON harvest_expenses (account_id, invoice_id) WHERE invoice_id IS NOT NULL;
-- The sweep of blobs asks which of some keys are named here.
CREATE INDEX harvest_expenses_by_receipt ON harvest_expenses (account_id, receipt_key) WHERE receipt_key IS NOT NULL;
-- Reports sum from this index alone.
CREATE INDEX harvest_expenses_sums ON harvest_expenses (account_id, spent_on, project_id, user_id, expense_category_id, client_id,
    billable, is_billed, total_cost_e2);
