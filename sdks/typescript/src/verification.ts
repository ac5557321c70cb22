// Verification: whether a delivery is genuine. Ask before parsing it, with the bytes exactly as they came.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { HarborError } from './errors.js';
import type { JsonObject } from './models.js';
import { isObject } from './reply.js';

/** The body of a delivery, under the names of the wire. `type` is constant; the sender's type is `data.type`. */
export interface DeliveryEnvelope<P extends object = JsonObject> {
  id: string;
  type: 'event.created';
  created_at: string;
  /** Handle each `data.id` once: a delivery may arrive more than once. */
  data: { id: string; type: string; workspace_id: string; payload: P; created_at: string };
}

/** What `verifyWebhookSignature` looks at. */
export interface VerifyInput {
  /** The raw body. */
  payload: string | Uint8Array;
  /** The header `Harbor-Signature`. */
  signature: string | null | undefined;
  /** The header `Harbor-Timestamp`. */
  timestamp: string | number | null | undefined;
  /** The endpoint's signing secret, or several of which one must fit. */
  secret: string | readonly string[];
  /** How far the timestamp may lie before or after now. 300 by default. */
  toleranceSeconds?: number;
}

/** Headers as frameworks give them: an object, or `Headers`. Names may have any case. */
export type WebhookHeaders =
  | Readonly<Record<string, string | readonly string[] | undefined>>
  | Iterable<readonly [string, string]>;

const TOLERANCE_S = 300;
// Five live secrets make 350 characters; the rest is room. A longer header is somebody's attempt to keep us busy.
const SIGNATURE_CHARS_MAX = 4096;
const TIMESTAMP = /^[0-9]{1,12}$/;
const HEX = /^[0-9a-f]{64}$/;
const STANDARD = /^v1,([A-Za-z0-9+/]{43}=)$/;
const STANDARD_SECRET = /^(?:whsec_)?((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

/**
 * Whether the signature belongs to the payload and the timestamp, and the timestamp is recent. The signature may be
 * `t=…,v1=…`, `v1=…` or bare hex; a `t` must equal `timestamp`. Anything empty or malformed is false; nothing is thrown.
 */
export function verifyWebhookSignature(input: VerifyInput): boolean {
  const { payload, signature, timestamp, secret, toleranceSeconds }: Partial<VerifyInput> = input ?? {};
  const found = evidence(payload, timestamp, secret, toleranceSeconds);
  if (found === undefined) {
    return false;
  }
  const signed = Buffer.concat([Buffer.from(`${found.moment}.`), found.body]);
  return anyEqual(
    harborDigests(signature, found.moment),
    found.secrets.map((key) => createHmac('sha256', key).update(signed).digest()),
  );
}

/**
 * The envelope in a genuine delivery. Without Harbor's own headers the `webhook-*` ones of Standard Webhooks decide.
 * Throws `HarborError` with code `webhook_signature_invalid` when the signature or the timestamp does not hold, and
 * with `invalid_response` when a genuine body is no envelope.
 */
export function constructWebhookEvent<P extends object = JsonObject>(
  payload: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  options: { toleranceSeconds?: number } = {},
): DeliveryEnvelope<P> {
  const named = lowerNames(headers);
  const signature = named.get('harbor-signature');
  const isGenuine =
    signature === undefined
      ? verifyStandard(payload, named, secret, options.toleranceSeconds)
      : verifyWebhookSignature({ payload, signature, timestamp: named.get('harbor-timestamp'), secret, ...options });
  if (!isGenuine) {
    throw new HarborError('webhook_signature_invalid', 'The webhook signature or timestamp does not hold.');
  }
  return readEnvelope(payload) as DeliveryEnvelope<P>;
}

function readEnvelope(payload: string | Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(typeof payload === 'string' ? payload : new TextDecoder().decode(payload));
  } catch (cause) {
    throw new HarborError('invalid_response', 'The delivery is not JSON.', { cause });
  }
  if (!isObject(value) || !isObject(value['data']) || typeof value['data']['id'] !== 'string') {
    throw new HarborError('invalid_response', 'The delivery is not an envelope with an event in it.');
  }
  return value;
}

function verifyStandard(
  payload: unknown,
  headers: ReadonlyMap<string, string>,
  secret: unknown,
  toleranceSeconds: unknown,
): boolean {
  const eventId = headers.get('webhook-id');
  const signature = headers.get('webhook-signature') ?? '';
  const found = evidence(payload, headers.get('webhook-timestamp'), secret, toleranceSeconds);
  if (found === undefined || !eventId || signature.length > SIGNATURE_CHARS_MAX) {
    return false;
  }
  const signed = Buffer.concat([Buffer.from(`${eventId}.${found.moment}.`), found.body]);
  const candidates = signature.split(' ').flatMap((entry) => STANDARD.exec(entry)?.[1] ?? []);
  // A secret of another form cannot have made this signature.
  const keys = found.secrets.flatMap((one) => STANDARD_SECRET.exec(one)?.[1] || []);
  return anyEqual(
    candidates.map((one) => Buffer.from(one, 'base64')),
    keys.map((key) => createHmac('sha256', Buffer.from(key, 'base64')).update(signed).digest()),
  );
}

/** What both forms need, checked; undefined when something is missing, malformed or too old. */
function evidence(
  payload: unknown,
  timestamp: unknown,
  secret: unknown,
  toleranceSeconds: unknown = TOLERANCE_S,
): { body: Buffer; moment: string; secrets: string[] } | undefined {
  const isText = typeof payload === 'string';
  const body = isText || payload instanceof Uint8Array ? Buffer.from(payload as string) : Buffer.alloc(0);
  const moment = typeof timestamp === 'number' || typeof timestamp === 'string' ? String(timestamp).trim() : '';
  // An empty secret, such as an unset variable, would let everybody sign.
  const secrets = (Array.isArray(secret) ? (secret as unknown[]) : [secret]).filter(
    (one): one is string => typeof one === 'string' && one.trim() !== '',
  );
  if (body.length === 0 || !TIMESTAMP.test(moment) || secrets.length === 0 || typeof toleranceSeconds !== 'number') {
    return undefined;
  }
  return Math.abs(Date.now() / 1000 - Number(moment)) <= toleranceSeconds ? { body, moment, secrets } : undefined;
}

/** The digests that `Harbor-Signature` offers; none when it is malformed or made at another time. */
function harborDigests(signature: unknown, moment: string): Buffer[] {
  if (typeof signature !== 'string' || signature.length > SIGNATURE_CHARS_MAX) {
    return [];
  }
  const text = signature.trim();
  if (HEX.test(text)) {
    return [Buffer.from(text, 'hex')];
  }
  const parts = text.split(',').map((part) => /^\s*([^=]*)=(.*?)\s*$/s.exec(part));
  const times = parts.filter((part) => part?.[1] === 't');
  if (parts.includes(null) || times.length > 1 || times.some((part) => part?.[2] !== moment)) {
    return [];
  }
  return parts.flatMap((part) => (part?.[1] === 'v1' && HEX.test(part[2] ?? '') ? Buffer.from(part[2]!, 'hex') : []));
}

function anyEqual(candidates: readonly Buffer[], expected: readonly Buffer[]): boolean {
  // Every pair is compared, each in constant time, so the time tells nothing about which one fits.
  let equal = 0;
  for (const candidate of candidates) {
    for (const one of expected) {
      equal += Number(candidate.length === one.length && timingSafeEqual(candidate, one));
    }
  }
  return equal > 0;
}

/** Headers by their name in lower case. One with several values has no single one, and is left out. */
function lowerNames(headers: unknown): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  if (typeof headers !== 'object' || headers === null) {
    return named;
  }
  const isIterable = typeof (headers as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
  const pairs = isIterable ? (headers as Iterable<[string, unknown]>) : Object.entries(headers);
  for (const [name, value] of pairs) {
    const single: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (typeof name === 'string' && typeof single === 'string') {
      named.set(name.toLowerCase(), single);
    }
  }
  return named;
}
