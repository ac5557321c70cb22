// Requests: paths, queries and bodies out of arguments, refused early where they can only be wrong.

import { invalidRequest } from './errors.js';
import { toSnake } from './naming.js';

/** What to send. `path` is percent-encoded and begins with `/v1`; `query` begins with `?` or is empty. */
export interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  query: string;
  body?: string | undefined;
  idempotencyKey?: string | undefined;
}

/** How to send one request. */
export interface RequestOptions {
  /** Repeating a request with the same key within 24 hours does nothing twice. A UUID is a good key. */
  idempotencyKey?: string | undefined;
}

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** A GET with the query arguments that are neither undefined nor null. */
export function get(path: string, query: object = {}): Request {
  return { method: 'GET', path, query: showQuery(query) };
}

/** A POST, without a body when `body` is undefined. */
export function post(path: string, body: object | undefined, options: RequestOptions = {}): Request {
  const { idempotencyKey } = options;
  if (idempotencyKey !== undefined && !(typeof idempotencyKey === 'string' && IDEMPOTENCY_KEY.test(idempotencyKey))) {
    throw invalidRequest('idempotencyKey must be 1 to 255 visible ASCII characters.', 'Idempotency-Key');
  }
  return { method: 'POST', path, query: '', body: body && showBody(body), idempotencyKey };
}

/** A PUT, whose fields are those that change. */
export function put(path: string, body: object): Request {
  return { method: 'PUT', path, query: '', body: showBody(body) };
}

/** A DELETE. */
export function remove(path: string): Request {
  return { method: 'DELETE', path, query: '' };
}

/** One segment of a path, percent-encoded. An empty one, or dots, would lead to another route. */
export function segment(id: string, param: string): string {
  if (typeof id !== 'string' || ['', '.', '..'].includes(id)) {
    throw invalidRequest(`${param} is empty or not an id.`, param);
  }
  try {
    return encodeURIComponent(id);
  } catch (cause) {
    throw invalidRequest(`${param} is not valid Unicode.`, param, cause);
  }
}

/**
 * Whether sending it twice is harmless. A POST without an idempotency key is never sent twice, not even after a 429.
 * PUT and DELETE are not either: the server knows no idempotency key for them, and a late repeat could undo somebody's
 * newer change.
 */
export function mayRepeat(request: Request): boolean {
  return request.method === 'GET' || (request.method === 'POST' && request.idempotencyKey !== undefined);
}

function showQuery(values: object): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries((values ?? {}) as Record<string, unknown>)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null) {
        pairs.append(toSnake(name), showItem(item, name));
      }
    }
  }
  return pairs.size ? `?${pairs.toString()}` : '';
}

function showItem(value: unknown, name: string): string {
  if (!(value instanceof Date)) {
    return String(value);
  }
  if (Number.isNaN(value.getTime())) {
    throw invalidRequest(`${name} is not a moment.`, name);
  }
  return value.toISOString();
}

function showBody(body: object): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    throw invalidRequest(`The body cannot be written as JSON: ${(cause as Error).message}`, undefined, cause);
  }
}
