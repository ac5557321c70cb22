// Retries: whether a request is sent again, and after how long.

import type { HarborError } from './errors.js';
import { mayRepeat, type Request } from './request.js';

const RETRIED_STATUSES = new Set([429, 500, 502, 503, 504]);
const DELAY_MS_BASE = 500;
const DELAY_MS_MAX = 8_000;
// The server's longest window is a minute. Told to wait longer than two, the caller should decide, not sleep.
const TOLD_DELAY_MS_MAX = 120_000;

/** How long to wait before the same request goes out again; undefined when `error` is final. */
export function delayMs(
  request: Request,
  error: HarborError,
  retries: { done: number; max: number },
  random: () => number = Math.random,
): number | undefined {
  const isPassing = error.status === undefined || RETRIED_STATUSES.has(error.status);
  if (!(mayRepeat(request) && isPassing && retries.done < retries.max)) {
    return undefined;
  }
  if (error.retryAfterMs !== undefined) {
    return error.retryAfterMs <= TOLD_DELAY_MS_MAX ? error.retryAfterMs : undefined;
  }
  // A random part of 0.5 s, 1 s, 2 s … 8 s, so that clients do not march in step.
  return random() * Math.min(DELAY_MS_MAX, DELAY_MS_BASE * 2 ** retries.done);
}
