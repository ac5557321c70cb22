-- What Harbor itself switched off, by account: for the banner on pages.
CREATE INDEX subscriptions_switched_off ON subscriptions (account_id, workspace_id) WHERE disabled_reason IS NOT NULL AND deleted_at IS NULL;
