// Errors: what a call can fail with. One class; its `code` tells what to do about it.

import type { HarborErrorCode } from './words.js';

// Registered for the whole process, so that two copies of this package know each other's errors.
const BRAND = Symbol.for('@harbor/sdk.HarborError');

/** One of several fields that are wrong. */
export interface ErrorDetail {
  param: string;
  message: string;
}

/** What is known about a failure besides its code and message. */
export interface ErrorFacts {
  status?: number | undefined;
  requestId?: string | undefined;
  retryAfterMs?: number | undefined;
  param?: string | undefined;
  details?: readonly ErrorDetail[] | undefined;
  docUrl?: string | undefined;
  cause?: unknown;
}

/**
 * A call that did not succeed. `code` is for programs, `message` for people. `status` is the HTTP status, absent when
 * no reply came; `requestId` finds the call in the request logs; `retryAfterMs` is how long to wait, when the server
 * said so; `param` is the dotted path of the offending field.
 */
export class HarborError extends Error {
  readonly code: HarborErrorCode;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly param: string | undefined;
  readonly details: readonly ErrorDetail[];
  readonly docUrl: string | undefined;

  constructor(code: HarborErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined);
    this.code = code;
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.retryAfterMs = facts.retryAfterMs;
    this.param = facts.param;
    this.details = facts.details ?? [];
    this.docUrl = facts.docUrl;
  }
}

Object.defineProperty(HarborError.prototype, 'name', { value: 'HarborError', configurable: true, writable: true });
Object.defineProperty(HarborError.prototype, BRAND, { value: true });

/** Whether `error` is a `HarborError`, of this copy of the package or another one. Never throws. */
export function isHarborError(error: unknown): error is HarborError {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[BRAND] === true;
}

/** What cannot be right, refused before it is sent. */
export function invalidRequest(message: string, param?: string, cause?: unknown): HarborError {
  return new HarborError('invalid_request', message, cause === undefined ? { param } : { param, cause });
}
