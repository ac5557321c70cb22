// Which requests are sent again, when, and how often.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HarborError } from '@harbor/sdk';
import { delayMs } from '../../dist/esm/retries.js';
import { client, EVENT, loopback, page, PARAMS, PASSING, refusal } from '../loopback.mjs';

const LIMITED = refusal(429, 'rate_limit_exceeded', { retry_after_ms: 1 });
const DROPPED = (response) => response.destroy();
const CREATED = { status: 201, json: EVENT };

for (const [name, failure] of Object.entries({
  '429': LIMITED,
  '500': refusal(500, 'internal_error', {}, { 'Retry-After': '0' }),
  '502 of a proxy': { status: 502, body: '<html>', headers: { 'Retry-After': '0' } },
  '503': PASSING,
  '504': { status: 504, headers: { 'Retry-After': '0' } },
})) {
  test(`a GET is sent again after ${name}`, async (t) => {
    const server = await loopback(t, failure, failure, { json: EVENT });

    const event = await client(server).events.retrieve(EVENT.id);

    assert.equal(event.id, EVENT.id);
    assert.equal(server.seen.length, 3);
  });

  test(`a create with a key is sent again after ${name}, with the same key and body`, async (t) => {
    const server = await loopback(t, failure, CREATED);

    await client(server).events.create(PARAMS, { idempotencyKey: 'order-77' });

    assert.deepEqual(server.seen.map((one) => one.headers['idempotency-key']), ['order-77', 'order-77']);
    assert.deepEqual(server.seen[0].body, server.seen[1].body);
  });

  test(`a create without a key is sent once, and told of ${name}`, async (t) => {
    const server = await loopback(t, failure, CREATED);

    await assert.rejects(client(server).events.create(PARAMS), HarborError);

    assert.equal(server.seen.length, 1);
    assert.equal(server.seen[0].headers['idempotency-key'], undefined);
  });
}

test('a lost connection is tried again for a GET and for a create with a key, and for no other', async (t) => {
  t.mock.method(Math, 'random', () => 0);
  const server = await loopback(t, DROPPED, { json: EVENT }, DROPPED, CREATED, DROPPED, CREATED);
  const harbor = client(server);

  await harbor.events.retrieve(EVENT.id);
  await harbor.events.create(PARAMS, { idempotencyKey: 'k' });
  await assert.rejects(harbor.events.create(PARAMS), { code: 'connection_error', status: undefined });

  assert.equal(server.seen.length, 5);
});

test('a request that runs out of time is tried again', async (t) => {
  t.mock.method(Math, 'random', () => 0);
  const server = await loopback(t, () => {}, { json: EVENT });

  const event = await client(server, { timeoutMs: 300 }).events.retrieve(EVENT.id);

  assert.equal(event.id, EVENT.id);
});

test('changes without a key are sent once: PUT, DELETE, and every other POST', async (t) => {
  const server = await loopback(t, PASSING);
  const { webhooks, deliveries, events } = client(server);
  const calls = [
    () => webhooks.update('wh_000001', { url: 'https://x.test' }),
    () => webhooks.delete('wh_000001'),
    () => webhooks.rotateSecret('wh_000001'),
    () => deliveries.replay('del_000001'),
    () => events.createBatch({ workspaceId: 'ws_000001', events: [] }),
  ];

  for (const call of calls) {
    await assert.rejects(call, { code: 'service_unavailable' });
  }

  assert.equal(server.seen.length, calls.length);
});

test('every POST takes a key, and is then sent again', async (t) => {
  const server = await loopback(t, PASSING, { status: 202, json: { id: 'del_000001' } });

  await client(server).deliveries.replay('del_000001', { idempotencyKey: 'again' });

  assert.deepEqual(server.seen.map((one) => one.headers['idempotency-key']), ['again', 'again']);
});

test('with retryPostWithGeneratedKey a create gets a key of its own, kept over its retries', async (t) => {
  const server = await loopback(t, PASSING, CREATED, CREATED);
  const harbor = client(server, { retryPostWithGeneratedKey: true });

  await harbor.events.create(PARAMS);
  await harbor.events.create(PARAMS);

  const keys = server.seen.map((one) => one.headers['idempotency-key']);
  assert.match(keys[0], /^[0-9a-f-]{36}$/);
  assert.equal(keys[0], keys[1]);
  assert.notEqual(keys[1], keys[2]);
});

test('refusals that will not pass are final', async (t) => {
  const final = [
    [400, 'invalid_request'],
    [401, 'authentication_failed'],
    [403, 'permission_denied'],
    [404, 'resource_not_found'],
    [409, 'idempotency_conflict'],
    [413, 'payload_too_large'],
  ];
  const server = await loopback(t, ...final.map((one) => refusal(...one)));

  for (const [status, code] of final) {
    await assert.rejects(client(server).events.retrieve(EVENT.id), { status, code });
  }

  assert.equal(server.seen.length, final.length);
});

test('after maxRetries repeats the last error is told', async (t) => {
  const server = await loopback(t, PASSING);

  await assert.rejects(client(server).events.retrieve(EVENT.id), { code: 'service_unavailable' });
  assert.equal(server.seen.length, 3);
  await assert.rejects(client(server, { maxRetries: 0 }).events.retrieve(EVENT.id));
  assert.equal(server.seen.length, 4);
  await assert.rejects(client(server, { maxRetries: 5 }).events.retrieve(EVENT.id));
  assert.equal(server.seen.length, 10);
});

test('a 429 is waited for as long as the server says', async (t) => {
  const server = await loopback(t, refusal(429, 'rate_limit_exceeded', { retry_after_ms: 150 }), page([]));
  const started = performance.now();

  await client(server).workspaces.list();

  assert.ok(performance.now() - started >= 145);
});

test('a server that asks for more than two minutes is not waited for', async (t) => {
  const server = await loopback(t, refusal(429, 'rate_limit_exceeded', { retry_after_ms: 3_600_000 }));

  await assert.rejects(client(server).workspaces.list(), { retryAfterMs: 3_600_000 });

  assert.equal(server.seen.length, 1);
});

test('without a word of the server the wait doubles from half a second to eight, in full jitter', () => {
  const request = { method: 'GET', path: '/v1/key', query: '' };
  const error = new HarborError('connection_error', 'Gone.');
  const waits = (part) => [0, 1, 2, 3, 4, 5, 60].map((done) => delayMs(request, error, { done, max: 99 }, () => part));

  assert.deepEqual(waits(1), [500, 1000, 2000, 4000, 8000, 8000, 8000]);
  assert.deepEqual(waits(0.5), [250, 500, 1000, 2000, 4000, 4000, 4000]);
  assert.deepEqual(waits(0), [0, 0, 0, 0, 0, 0, 0]);
});
