// The TypeScript SDK of Harbor: send events, register webhooks, verify deliveries.

export { HarborError, isHarborError, type ErrorDetail, type ErrorFacts } from './errors.js';
export { Harbor } from './harbor.js';
export type { Logger, LogMeta } from './logger.js';
export type * from './models.js';
export type { HarborEvent as Event } from './models.js';
export type { Page } from './pages.js';
export type { RequestOptions } from './request.js';
export type { Deliveries } from './resources/deliveries.js';
export type { BatchResult, Events } from './resources/events.js';
export type { Webhooks } from './resources/webhooks.js';
export type { Workspaces } from './resources/workspaces.js';
export type { Fetch, FetchInit, FetchReply, HarborOptions } from './settings.js';
export {
  constructWebhookEvent,
  verifyWebhookSignature,
  type DeliveryEnvelope,
  type VerifyInput,
  type WebhookHeaders,
} from './verification.js';
export { VERSION } from './version.js';
export type { HarborErrorCode, KnownErrorCode, Scope } from './words.js';
