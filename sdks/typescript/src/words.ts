// Words of the wire that programs compare with.

/** What a key may do. A key without scopes may do everything in its workspace. */
export type Scope =
  | 'events:read'
  | 'events:write'
  | 'webhooks:manage'
  | 'workspaces:read'
  | 'deliveries:read'
  | 'deliveries:replay'
  | 'logs:read'
  | 'event_types:manage'
  | 'keys:manage'
  | 'workspaces:manage';

/** Codes that this version knows. The last three arise in this library, the others come from the server. */
export type KnownErrorCode =
  | 'invalid_request'
  | 'authentication_failed'
  | 'permission_denied'
  | 'workspace_suspended'
  | 'workspace_archived'
  | 'resource_not_found'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'idempotency_conflict'
  | 'webhook_disabled'
  | 'delivery_not_replayable'
  | 'delivery_not_cancelable'
  | 'conflict'
  | 'payload_too_large'
  | 'rate_limit_exceeded'
  | 'internal_error'
  | 'service_unavailable'
  | 'webhook_signature_invalid'
  | 'connection_error'
  | 'timeout'
  | 'invalid_response';

/** `HarborError.code`. A newer server may send a code that is not listed, so any string fits. */
export type HarborErrorCode = KnownErrorCode | (string & {});
