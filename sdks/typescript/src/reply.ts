// Replies: JSON out of text, and errors out of refusals.

import { HarborError, type ErrorDetail } from './errors.js';

/** What came back, read to the end. */
export interface Reply {
  status: number;
  text: string;
  requestId: string | undefined;
  retryAfter: string | undefined;
}

// Longer than any message of the server, short enough for a log line. For pages of proxies that are not ours.
const FOREIGN_TEXT_CHARS_MAX = 200;

type Json = Record<string, unknown>;

/** The JSON object of a reply. Throws `HarborError` with code `invalid_response` for anything else. */
export function readObject(reply: Reply): Json {
  const value = parse(reply.text);
  if (!isObject(value)) {
    throw invalidResponse(value === undefined ? 'The reply is not JSON.' : 'The reply is not a JSON object.', reply);
  }
  return value;
}

/** The objects in `data` of a reply. */
export function readItems(reply: Reply, value: Json): Json[] {
  const data = value['data'];
  if (!Array.isArray(data) || !data.every(isObject)) {
    throw invalidResponse('data is not a list of objects.', reply);
  }
  return data;
}

/** A reply that breaks the contract. Never repeated: the request may well have been carried out. */
export function invalidResponse(message: string, reply: Pick<Reply, 'status' | 'requestId'>): HarborError {
  return new HarborError('invalid_response', message, { status: reply.status, requestId: reply.requestId });
}

/**
 * The error that a reply without success stands for. An envelope speaks for itself; a reply without one, such as a
 * proxy's page or a redirect, gets code `invalid_response`.
 */
export function refusal(reply: Reply): HarborError {
  const value = parse(reply.text);
  const error = isObject(value) && isObject(value['error']) ? value['error'] : {};
  const facts = {
    status: reply.status,
    requestId: text(error['request_id']) ?? reply.requestId,
    retryAfterMs: retryAfterMs(error, reply),
    param: text(error['param']),
    details: Array.isArray(error['details']) ? (error['details'].filter(isObject) as unknown as ErrorDetail[]) : [],
    docUrl: text(error['doc_url']),
  };
  const code = text(error['code']);
  if (code !== undefined) {
    return new HarborError(code, text(error['message']) ?? `HTTP ${reply.status}.`, facts);
  }
  const page = reply.text.trim().replace(/\s+/g, ' ').slice(0, FOREIGN_TEXT_CHARS_MAX);
  const message = `HTTP ${reply.status} without an error object${page ? `: ${page}` : '.'}`;
  return new HarborError('invalid_response', message, facts);
}

/** Whether a value is a JSON object, neither list nor null. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function retryAfterMs(error: Json, reply: Reply): number | undefined {
  // The body is exact; the header, which also comes with 503, is rounded up to whole seconds.
  const exact = error['retry_after_ms'];
  if (typeof exact === 'number' && Number.isFinite(exact) && exact >= 0) {
    return exact;
  }
  const seconds = reply.retryAfter?.trim() ?? '';
  return /^[0-9]{1,9}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
