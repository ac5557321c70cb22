// What the API takes and gives, in camelCase. Written by scripts/typescript_models from openapi/harbor-1.json.

/** A moment: ISO 8601, or a Date. */
export type Moment = string | Date;

/** Why one event of a batch was refused. */
export interface BatchError {
  code: string;
  message: string;
  param?: string;
}

export type WorkspaceStatus = 'active' | 'suspended' | 'archived';
export type SuspensionReason = 'billing' | 'policy' | 'manual';
export type Environment = 'production' | 'sandbox';
export type WebhookStatus = 'active' | 'disabled';
export type Ordering = 'none' | 'strict';
export type SignatureFormat = 'timestamped' | 'hex';
export type DeliveryStatus = 'pending' | 'retrying' | 'delivered' | 'failed' | 'canceled' | 'skipped' | 'paused';
export type AttemptTrigger = 'automatic' | 'manual' | 'recovery' | 'test';
export type AttemptError = 'http_status' | 'timeout' | 'dns' | 'connect' | 'tls' | 'blocked_address' | 'redirect' | 'protocol' | 'webhook_signature_invalid';

/** A workspace as it is shown. */
export interface Workspace {
  id: string;
  name: string;
  status: WorkspaceStatus;
  createdAt: string;
  suspensionReason?: SuspensionReason | null;
  environment?: Environment;
}

/** An event as it is shown. */
export interface HarborEvent<P extends object = JsonObject> {
  id: string;
  type: string;
  workspaceId: string;
  payload: P;
  createdAt: string;
}

/** An endpoint as it is shown; its secret and the values of its headers never are. */
export interface WebhookEndpoint {
  id: string;
  workspaceId?: string;
  url: string;
  events: string[];
  status: WebhookStatus;
  createdAt: string;
  description?: string | null;
  metadata?: Record<string, string>;
  filter?: JsonObject | null;
  rateLimit?: number | null;
  ordering?: Ordering;
  signatureFormat?: SignatureFormat;
  disabledReason?: string | null;
  updatedAt?: string;
  secret?: string;
}

/** An endpoint with its secret, shown once. */
export interface NewWebhookEndpoint extends WebhookEndpoint {
  secret: string;
}

/** The new secret, shown once. */
export interface RotatedSecret {
  id: string;
  secret: string;
  previousSecretExpiresAt: string | null;
}

/** Statistics as they are shown. */
export interface WebhookStats {
  webhookId: string;
  since: string;
  counts: Record<string, number>;
  attempts: number;
  successRate: number | null;
  latencyMs: WebhookLatency;
  lastSuccessAt: string | null;
  lastFailureAt: string | null;
}

/** Percentiles of the time of an attempt in milliseconds. */
export interface WebhookLatency {
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

/** A job that was started. */
export interface Recovery {
  jobId: string;
}

/** A delivery as it is shown. */
export interface Delivery {
  id: string;
  workspaceId: string;
  webhookId: string;
  eventId: string;
  eventType: string;
  status: DeliveryStatus;
  attemptCount: number;
  nextAttemptAt: string | null;
  expiresAt: string | null;
  lastResponseStatus: number | null;
  lastError: AttemptError | null;
  createdAt: string;
  completedAt: string | null;
}

/** A delivery with its latest attempts and the exact text that is sent. */
export interface DeliveryDetail extends Delivery {
  attempts: Attempt[];
  requestBody: string | null;
}

/** An attempt as it is shown. */
export interface Attempt {
  id: string;
  deliveryId: string;
  number: number;
  trigger: AttemptTrigger;
  startedAt: string;
  durationMs: number;
  url: string;
  responseStatus: number | null;
  responseHeaders: Record<string, string>;
  responseBody: string | null;
  responseTruncated: boolean;
  error: AttemptError | null;
  signatureTimestamp: number | null;
  resolvedIp: string | null;
}

/** What became of one event of a batch: the event, or why it was refused. */
export interface BatchItem {
  status: number;
  event?: HarborEvent;
  error?: BatchError;
}

/** A new event. `payload` is a JSON object of at most 256 KB, kept and sent as it is written. */
export interface CreateEventParams<P extends object = JsonObject> {
  workspaceId: string;
  type: string;
  payload: P;
}

/** One event of a batch. */
export interface BatchEvent {
  type: string;
  payload: object;
  idempotencyKey?: string | null;
}

/** Up to 100 events at once; all or none, unless `atomic` is false. */
export interface CreateBatchParams {
  workspaceId: string;
  events: readonly BatchEvent[];
  atomic?: boolean;
}

/** Which endpoints get the event again; all that match it now, if absent. */
export interface RedeliverParams {
  webhookIds?: readonly string[] | null;
}

/** A new endpoint. */
export interface CreateWebhookParams {
  workspaceId: string;
  url: string;
  events: readonly string[];
  description?: string | null;
  metadata?: Record<string, string> | null;
  headers?: Record<string, string> | null;
  filter?: object | null;
  rateLimit?: number | null;
  ordering?: 'none' | 'strict';
  signatureFormat?: 'timestamped' | 'hex';
  secret?: string | null;
}

/** What changes; an absent field stays. `status` `active` re-enables, `disabled` pauses. */
export interface UpdateWebhookParams {
  url?: string;
  events?: readonly string[];
  status?: 'active' | 'disabled';
  description?: string | null;
  metadata?: Record<string, string> | null;
  headers?: Record<string, string> | null;
  filter?: object | null;
  rateLimit?: number | null;
  ordering?: 'none' | 'strict';
  signatureFormat?: 'timestamped' | 'hex';
}

/** How long the present secret stays valid, and a secret of one's own. */
export interface RotateSecretParams {
  gracePeriodSeconds?: number;
  secret?: string | null;
}

/** What the test pretends to be. */
export interface TestWebhookParams {
  eventType?: string | null;
  payload?: object;
}

/** Which deliveries are sent again, in the order they were created. */
export interface RecoverParams {
  since: Moment;
  until?: Moment | null;
  include?: readonly ('failed' | 'skipped')[];
}

/** List the workspaces this key can see */
export interface ListParams {
  createdAfter?: Moment;
  createdBefore?: Moment;
  order?: 'asc' | 'desc';
  limit?: number;
  startingAfter?: string;
}

/** List events */
export interface ListEventsParams extends ListParams {
  workspaceId: string;
  type?: string | readonly string[];
}

/** List webhook endpoints */
export interface ListWebhooksParams extends ListParams {
  workspaceId: string;
  status?: 'active' | 'disabled';
}

/** List deliveries */
export interface ListDeliveriesParams extends ListParams {
  workspaceId: string;
  webhookId?: string;
  eventId?: string;
  eventType?: string;
  status?: 'pending' | 'retrying' | 'delivered' | 'failed' | 'canceled' | 'skipped' | 'paused';
  responseStatus?: number;
}

/** How an endpoint did */
export interface StatsParams {
  since?: Moment;
}

/** A JSON object whose keys are the sender's own. */
export type JsonObject = Record<string, unknown>;

/** The fields, by their name on the wire, that hold further objects of ours. Keys of all others stay. */
export const shapes = {
  Workspace: {},
  HarborEvent: {},
  WebhookEndpoint: {},
  NewWebhookEndpoint: {},
  RotatedSecret: {},
  WebhookStats: { latency_ms: 'WebhookLatency' },
  WebhookLatency: {},
  Recovery: {},
  Delivery: {},
  DeliveryDetail: { attempts: 'Attempt' },
  Attempt: {},
  BatchItem: { event: 'HarborEvent' },
  CreateEventParams: {},
  BatchEvent: {},
  CreateBatchParams: { events: 'BatchEvent' },
  RedeliverParams: {},
  CreateWebhookParams: {},
  UpdateWebhookParams: {},
  RotateSecretParams: {},
  TestWebhookParams: {},
  RecoverParams: {},
} as const;
