// Settings of a client: which key, which host, and how patient.

import { HarborError, invalidRequest } from './errors.js';
import type { Logger } from './logger.js';

/** What the client needs of a reply; that of the global `fetch` has it. */
export interface FetchReply {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body?: unknown;
  text(): Promise<string>;
}

/** What the client sends. `signal` is an AbortSignal, whose type not every configuration knows. */
export interface FetchInit {
  method: string;
  headers: Record<string, string>;
  body?: string;
  redirect: 'manual';
  signal: any;
}

/** The global `fetch`, or something that behaves like it. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchReply>;

/** What `new Harbor` takes. */
export interface HarborOptions {
  /** `hb_test_…` or `hb_live_…`. Anything else is refused at once, with code `authentication_failed`. */
  secretKey: string | undefined;
  /** The server's origin. By default `HARBOR_URL`; without it, the key's prefix chooses sandbox or production. */
  host?: string | undefined;
  /** How long one request may take, its whole reply included. 30000 by default. */
  timeoutMs?: number | undefined;
  /** How often a request that may be repeated is sent again. 2 by default. */
  maxRetries?: number | undefined;
  /** Hears of every request, never of secrets. */
  logger?: Logger | undefined;
  /** Instead of the global `fetch`. */
  fetch?: Fetch | undefined;
  /** Give every POST without an idempotency key a random one, so that it may be repeated. */
  retryPostWithGeneratedKey?: boolean | undefined;
  /** `snake` renames the keys of payloads that are sent, at every depth. By default they stay as they are. */
  payloadCase?: 'preserve' | 'snake' | undefined;
}

/** Options after checking. `host` is an origin without a path. */
export interface Settings {
  secretKey: string;
  host: string;
  timeoutMs: number;
  maxRetries: number;
  logger: Logger | undefined;
  fetch: Fetch | undefined;
  retryPostWithGeneratedKey: boolean;
  payloadCase: 'preserve' | 'snake';
}

const HOSTS: Readonly<Record<string, string>> = {
  hb_test_: 'https://sandbox.api.harbor.dev',
  hb_live_: 'https://api.harbor.dev',
};
// Visible ASCII only: the key becomes a header value, where a line break would start another header.
const KEY = /^(hb_test_|hb_live_)[\x21-\x7e]+$/;
const TIMEOUT_MS_DEFAULT = 30_000;
// The longest wait that timers of Node can hold.
const TIMEOUT_MS_MAX = 2 ** 31 - 1;
const RETRIES_DEFAULT = 2;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The options, checked. Throws `HarborError` with code `authentication_failed` for a key that cannot be one, and with
 * `invalid_request` for the rest.
 */
export function readSettings(options: unknown, environment: Environment = process.env): Settings {
  const given = (typeof options === 'object' && options !== null ? options : {}) as Partial<HarborOptions>;
  const secretKey = readKey(options, given, environment);
  const timeoutMs = given.timeoutMs ?? TIMEOUT_MS_DEFAULT;
  if (!(typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= TIMEOUT_MS_MAX)) {
    throw invalidRequest(`timeoutMs must be a number from 1 to ${TIMEOUT_MS_MAX}.`, 'timeoutMs');
  }
  const maxRetries = given.maxRetries ?? RETRIES_DEFAULT;
  if (!(Number.isInteger(maxRetries) && maxRetries >= 0)) {
    throw invalidRequest('maxRetries must be 0 or more.', 'maxRetries');
  }
  const payloadCase = given.payloadCase ?? 'preserve';
  if (payloadCase !== 'preserve' && payloadCase !== 'snake') {
    throw invalidRequest('payloadCase must be preserve or snake.', 'payloadCase');
  }
  const named = given.host ?? (environment['HARBOR_URL'] || undefined);
  return {
    secretKey,
    host: named === undefined ? (HOSTS[secretKey.slice(0, 'hb_test_'.length)] as string) : readHost(named),
    timeoutMs,
    maxRetries,
    logger: given.logger,
    fetch: given.fetch,
    retryPostWithGeneratedKey: given.retryPostWithGeneratedKey ?? false,
    payloadCase,
  };
}

/** An origin such as `http://127.0.0.1:8000`. A trailing `/` or `/v1` is dropped; any other path is refused. */
export function readHost(host: string): string {
  const url = parseUrl(host);
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || !url.hostname) {
    throw invalidRequest('host must begin with http:// or https:// and name a host.', 'host');
  }
  if (url.username || url.password || url.search || url.hash) {
    throw invalidRequest('host must not carry a user name, a query or a fragment.', 'host');
  }
  if (!/^(\/v1)?\/*$/.test(url.pathname)) {
    throw invalidRequest(`host must be an origin without a path; it has ${url.pathname}.`, 'host');
  }
  return url.origin;
}

function parseUrl(text: unknown): URL | undefined {
  try {
    return typeof text === 'string' ? new URL(text.trim()) : undefined;
  } catch {
    return undefined;
  }
}

function readKey(options: unknown, given: Partial<HarborOptions>, environment: Environment): string {
  if (typeof options === 'string') {
    throw refusedKey('Version 2 takes an object: new Harbor({ secretKey }).');
  }
  if ('apiKey' in given) {
    throw refusedKey('The option apiKey belongs to version 1. Pass secretKey instead.');
  }
  const key = typeof given.secretKey === 'string' ? given.secretKey.trim() : '';
  if (!key && environment['HARBOR_API_KEY']) {
    throw refusedKey('HARBOR_API_KEY belongs to version 1. Set HARBOR_SECRET_KEY and pass it as secretKey.');
  }
  if (!key) {
    throw refusedKey('No secret key. Pass secretKey, for example from process.env.HARBOR_SECRET_KEY.');
  }
  if (!KEY.test(key)) {
    throw refusedKey('secretKey is not a Harbor key: it begins with hb_test_ or hb_live_ and has no blanks.');
  }
  return key;
}

function refusedKey(message: string): HarborError {
  return new HarborError('authentication_failed', message);
}
