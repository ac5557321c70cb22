-- What sweeps look for. The ordinary way of a delivery, from due to delivered, touches neither index.
CREATE INDEX deliveries_parked ON deliveries (subscription_id, parked_by, id) WHERE parked_by IS NOT NULL;
CREATE INDEX workspaces_to_purge ON workspaces (id) WHERE purge_at IS NOT NULL;
