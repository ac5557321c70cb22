// Names change between the wire and programs; somebody's data does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromWire, snakePayload, toCamel, toSnake } from '../../dist/esm/naming.js';
import { client, EVENT, loopback, page, PARAMS } from '../loopback.mjs';

const PAYLOAD = {
  orderId: 1,
  unit_price: 2,
  Nested_Key: { camelCase: [{ snake_case: true, 'with-dash': null }] },
  created_at: 'mine',
  '': 0,
};

test('a payload goes out and comes back as it is', async (t) => {
  const server = await loopback(t, (response, asked) => {
    response.writeHead(201);
    response.end(JSON.stringify({ ...EVENT, payload: asked.body.payload }));
  });

  const event = await client(server).events.create({ ...PARAMS, payload: PAYLOAD });

  assert.deepEqual(server.seen[0].body, { workspace_id: EVENT.workspace_id, type: EVENT.type, payload: PAYLOAD });
  assert.deepEqual(event, {
    id: EVENT.id,
    type: EVENT.type,
    workspaceId: EVENT.workspace_id,
    payload: PAYLOAD,
    createdAt: EVENT.created_at,
  });
});

test('a key like __proto__ is a key like any other', () => {
  const event = fromWire('HarborEvent', JSON.parse('{"__proto__": {"admin": true}, "payload": {"__proto__": 1}}'));
  const sent = snakePayload(JSON.parse('{"__proto__": {"isAdmin": true}}'));

  assert.equal(event.admin, undefined);
  assert.equal(sent.isAdmin, undefined);
  assert.equal(JSON.stringify(sent), '{"__proto__":{"is_admin":true}}');
});

test('payloadCase snake renames what is sent, at every depth, and nothing that comes back', async (t) => {
  const server = await loopback(
    t,
    { status: 201, json: EVENT },
    { status: 201, json: { data: [] } },
    { json: { id: 'att_000001' } },
  );
  const { events, webhooks } = client(server, { payloadCase: 'snake' });
  const payload = { orderId: 1, lineItems: [{ unitPrice: 2, shippedAt: new Date(0) }], already_snake: { HTMLBody: 3 } };
  const renamed = {
    order_id: 1,
    line_items: [{ unit_price: 2, shipped_at: '1970-01-01T00:00:00.000Z' }],
    already_snake: { html_body: 3 },
  };

  const event = await events.create({ ...PARAMS, payload });
  await events.createBatch({ workspaceId: 'ws_1', events: [{ type: 'a', payload, idempotencyKey: 'k' }] });
  await webhooks.test('wh_000001', { payload });

  assert.deepEqual(server.seen[0].body.payload, renamed);
  assert.deepEqual(server.seen[1].body.events, [{ type: 'a', payload: renamed, idempotency_key: 'k' }]);
  assert.deepEqual(server.seen[2].body.payload, renamed);
  assert.deepEqual(event.payload, EVENT.payload);
});

test('payloadCase snake refuses a payload without end', async (t) => {
  const server = await loopback(t, { status: 201, json: EVENT });
  const payload = {};
  payload.self = payload;

  await assert.rejects(client(server, { payloadCase: 'snake' }).events.create({ ...PARAMS, payload }), {
    code: 'invalid_request',
    param: 'payload',
  });
});

test('metadata, headers, filters, counts and headers of replies keep their keys', async (t) => {
  const data = { snake_key: 'a', camelKey: 'b' };
  const attempt = { id: 'att_000001', response_headers: { 'retry-after': '1', snake_key: 'x' }, duration_ms: 3 };
  const server = await loopback(
    t,
    { status: 201, json: { id: 'wh_000001', metadata: data, filter: { total_amount: { $gt: 1 } }, rate_limit: 3 } },
    { json: { counts: { in_flight: 1 }, latency_ms: { p50: 1 }, success_rate: 1 } },
    { json: { id: 'del_000001', attempts: [attempt], request_body: '{"a_b":1}' } },
  );
  const { webhooks, deliveries } = client(server);

  const hook = await webhooks.create({
    workspaceId: 'ws_1',
    url: 'https://x.test',
    events: ['*'],
    metadata: data,
    headers: { 'X-Snake_Key': '1' },
    filter: { totalAmount: { $gt: 1 } },
    signatureFormat: 'hex',
  });
  const stats = await webhooks.stats('wh_000001');
  const delivery = await deliveries.retrieve('del_000001');

  const { body } = server.seen[0];
  assert.deepEqual([body.metadata, body.headers, body.filter], [data, { 'X-Snake_Key': '1' }, { totalAmount: { $gt: 1 } }]);
  assert.equal(body.signature_format, 'hex');
  assert.deepEqual([hook.metadata, hook.filter, hook.rateLimit], [data, { total_amount: { $gt: 1 } }, 3]);
  assert.deepEqual(stats, { counts: { in_flight: 1 }, latencyMs: { p50: 1 }, successRate: 1 });
  assert.deepEqual(delivery.attempts, [
    { id: 'att_000001', responseHeaders: { 'retry-after': '1', snake_key: 'x' }, durationMs: 3 },
  ]);
  assert.equal(delivery.requestBody, '{"a_b":1}');
});

test('fields that this version does not know come along, their values untouched', async (t) => {
  const server = await loopback(t, { json: { ...EVENT, new_field: { inner_key: 1 } } });

  const event = await client(server).events.retrieve(EVENT.id);

  assert.deepEqual(event.newField, { inner_key: 1 });
});

test('filters go out under the names of the wire', async (t) => {
  const server = await loopback(t, page([]));

  await client(server).events.list({
    workspaceId: 'ws_1',
    type: ['order.*', 'a&b'],
    limit: 5,
    startingAfter: 'evt_1',
    createdAfter: new Date(0),
    createdBefore: '2026-01-01T00:00:00Z',
    order: undefined,
  });

  assert.deepEqual(server.seen[0].query, {
    workspace_id: ['ws_1'],
    type: ['order.*', 'a&b'],
    limit: ['5'],
    starting_after: ['evt_1'],
    created_after: ['1970-01-01T00:00:00.000Z'],
    created_before: ['2026-01-01T00:00:00Z'],
  });
});

test('names of the wire and of programs belong together', () => {
  for (const [wire, name] of [
    ['created_at', 'createdAt'],
    ['previous_secret_expires_at', 'previousSecretExpiresAt'],
    ['p50', 'p50'],
    ['id', 'id'],
    ['dry_run', 'dryRun'],
  ]) {
    assert.equal(toCamel(wire), name);
    assert.equal(toSnake(name), wire);
  }
});
