// Names: snake_case on the wire, camelCase in programs. Only our own fields are renamed, never keys of somebody's data.

import { invalidRequest } from './errors.js';
import { shapes } from './models.js';

/** The models whose fields are known by name. */
export type Shape = keyof typeof shapes;

type Json = Record<string, unknown>;

// The server takes no deeper JSON, and a payload that contains itself would have no end.
const PAYLOAD_DEPTH_MAX = 64;

/** An object of the wire as programs see it. Fields that this version does not know come along, renamed as well. */
export function fromWire(shape: Shape, value: Json): Json {
  return renamed(value, toCamel, (field, inner) => nested(shape, field, inner, fromWire));
}

/** Arguments as the wire wants them. What is undefined is left out. */
export function toWire(shape: Shape, value: object): Json {
  if (typeof value !== 'object' || value === null) {
    throw invalidRequest('The arguments must be an object.');
  }
  return renamed(value as Json, toSnake, (field, inner) => nested(shape, toSnake(field), inner, toWire));
}

/** `createdAt` for `created_at`. */
export function toCamel(name: string): string {
  return name.replace(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `created_at` for `createdAt`, `html_body` for `HTMLBody`. */
export function toSnake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

/** A payload with snake_case keys at every depth; for those who ask for it with `payloadCase`. */
export function snakePayload(value: unknown, depth = 1): unknown {
  if (depth > PAYLOAD_DEPTH_MAX) {
    throw invalidRequest(`payload is nested deeper than ${PAYLOAD_DEPTH_MAX} levels.`, 'payload');
  }
  if (Array.isArray(value)) {
    return value.map((item) => snakePayload(item, depth + 1));
  }
  // A Date, and everything else that knows its JSON form, keeps it.
  const isPlain = typeof value === 'object' && value !== null && !('toJSON' in value);
  return isPlain ? renamed(value as Json, toSnake, (_, inner) => snakePayload(inner, depth + 1)) : value;
}

function nested(shape: Shape, field: string, value: unknown, rename: (shape: Shape, value: Json) => Json): unknown {
  const fields: Readonly<Record<string, Shape>> = shapes[shape];
  const inner = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (inner === undefined) {
    return value;
  }
  return Array.isArray(value) ? value.map((item) => whole(item, inner, rename)) : whole(value, inner, rename);
}

function whole(value: unknown, shape: Shape, rename: (shape: Shape, value: Json) => Json): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? rename(shape, value as Json) : value;
}

function renamed(value: Json, name: (key: string) => string, inner: (key: string, value: unknown) => unknown): Json {
  // Unlike an assignment, fromEntries makes `__proto__` a key like any other.
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [name(key), inner(key, item)]));
}
