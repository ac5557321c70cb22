// What a call can fail with.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Harbor, HarborError, isHarborError } from '@harbor/sdk';
import { client, EVENT, KEY, loopback, PARAMS, refusal, reply } from '../loopback.mjs';

const AT_ONCE = { maxRetries: 0 };

test('an error carries everything the server told', async (t) => {
  const details = [{ param: 'type', message: 'It is empty.' }];
  const told = refusal(400, 'invalid_request', { param: 'type', details, doc_url: 'https://x.test' });
  const server = await loopback(t, told);

  await assert.rejects(client(server).events.create(PARAMS), (error) => {
    assert.ok(error instanceof HarborError && error instanceof Error && isHarborError(error));
    assert.deepEqual(
      [error.name, error.code, error.message, error.status, error.requestId, error.retryAfterMs],
      ['HarborError', 'invalid_request', 'It is invalid_request.', 400, 'req_body', undefined],
    );
    assert.deepEqual([error.param, error.details, error.docUrl], ['type', details, 'https://x.test']);
    return true;
  });
});

test('a 429 carries its wait, exact from the body or in seconds from the header', async (t) => {
  const header = { 'Retry-After': '7' };
  const server = await loopback(
    t,
    refusal(429, 'rate_limit_exceeded', { retry_after_ms: 6123 }, header),
    refusal(429, 'rate_limit_exceeded', {}, header),
    refusal(429, 'rate_limit_exceeded', { retry_after_ms: 'soon' }, { 'Retry-After': 'Wed, 21 Oct 2026 07:28:00 GMT' }),
  );

  for (const retryAfterMs of [6123, 7000, undefined]) {
    await assert.rejects(client(server).events.create(PARAMS), { code: 'rate_limit_exceeded', retryAfterMs });
  }
});

test('a code of a newer server comes through', async (t) => {
  const server = await loopback(t, refusal(418, 'is_a_teapot'));

  await assert.rejects(client(server).events.retrieve(EVENT.id), { code: 'is_a_teapot', status: 418 });
});

const FOREIGN = {
  'a page of a proxy': { status: 404, body: '<html>\n  not  here' },
  'an envelope without a code': { status: 400, json: { error: { message: 'x' } } },
  'an error that is a text': { status: 400, json: { error: 'x' } },
  'no body': { status: 403 },
  'a redirect, which is not followed': { status: 302, headers: { Location: 'http://127.0.0.1:1/elsewhere' } },
};
for (const [name, answer] of Object.entries(FOREIGN)) {
  test(`${name} is an invalid response`, async (t) => {
    const server = await loopback(t, answer);

    await assert.rejects(client(server).events.retrieve(EVENT.id), {
      code: 'invalid_response',
      status: answer.status,
      requestId: 'req_header',
    });

    assert.equal(server.seen.length, 1);
  });
}

const BROKEN = {
  'no JSON': { body: 'ok' },
  'cut off JSON': { body: '{"id":' },
  'no body at all': {},
  'a list': { json: [EVENT] },
  null: { json: null },
  'a text': { json: 'evt' },
};
for (const [name, answer] of Object.entries(BROKEN)) {
  test(`a success with ${name} is an invalid response, and is not repeated`, async (t) => {
    const server = await loopback(t, answer);

    await assert.rejects(client(server).events.retrieve(EVENT.id), { code: 'invalid_response', status: 200 });

    assert.equal(server.seen.length, 1);
  });
}

test('where nobody listens is a connection error that names the host and not the key', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');

  await assert.rejects(client({ url: `http://127.0.0.1:${port}` }, AT_ONCE).events.retrieve(EVENT.id), (error) => {
    assert.equal(error.code, 'connection_error');
    assert.equal(error.message, `No reply from http://127.0.0.1:${port}: ECONNREFUSED.`);
    assert.ok(error.cause instanceof Error);
    return true;
  });
});

test('a reply that does not come, or does not end, is a timeout', async (t) => {
  const drip = (response) => {
    response.writeHead(200);
    response.write('{"id":');
  };
  const server = await loopback(t, () => {}, drip);
  const harbor = client(server, { ...AT_ONCE, timeoutMs: 200 });

  await assert.rejects(harbor.events.retrieve(EVENT.id), { code: 'timeout', status: undefined });
  await assert.rejects(harbor.events.retrieve(EVENT.id), { code: 'timeout', status: undefined });
});

test('a reply that breaks off is a connection error', async (t) => {
  const server = await loopback(t, (response) => {
    response.writeHead(200, { 'Content-Length': '100' });
    response.write('{"id":');
    setImmediate(() => response.destroy());
  });

  await assert.rejects(client(server, AT_ONCE).events.retrieve(EVENT.id), { code: 'connection_error' });
});

test('a reply without end is given up when it is longer than any real one', async () => {
  async function* endless() {
    for (;;) {
      yield new Uint8Array(1024 * 1024);
    }
  }
  const fetch = async () => ({ status: 200, headers: new Headers(), body: endless(), text: async () => '' });
  const harbor = new Harbor({ secretKey: KEY, fetch, ...AT_ONCE });

  await assert.rejects(harbor.events.retrieve(EVENT.id), { code: 'invalid_response', message: /exceeds/ });
});

test('a fetch of one\'s own is used, may lack a stream, and may ignore the signal', async () => {
  const asked = [];
  const answer = { status: 200, headers: { get: () => null }, text: async () => JSON.stringify(EVENT) };
  const fetch = async (url, init) => {
    asked.push([url, init.method, init.redirect]);
    return asked.length === 1 ? answer : new Promise(() => {});
  };
  const harbor = new Harbor({ secretKey: KEY, host: 'https://harbor.test', fetch, timeoutMs: 50, ...AT_ONCE });

  assert.equal((await harbor.events.retrieve(EVENT.id)).id, EVENT.id);
  await assert.rejects(harbor.events.retrieve(EVENT.id), { code: 'timeout' });

  assert.deepEqual(asked[0], [`https://harbor.test/v1/events/${EVENT.id}`, 'GET', 'manual']);
});

test('errors of another copy of the package are known by their brand', () => {
  const other = createRequire(import.meta.url)('@harbor/sdk');
  const foreign = new other.HarborError('timeout', 'Late.');

  assert.notEqual(other.HarborError, HarborError);
  assert.ok(!(foreign instanceof HarborError));
  assert.ok(isHarborError(foreign) && other.isHarborError(new HarborError('timeout', 'Late.')));
});

test('nothing else is taken for one of ours', () => {
  for (const other of [undefined, null, 0, '', 'HarborError', {}, [], new Error('x'), { code: 'timeout' }, () => {}]) {
    assert.equal(isHarborError(other), false);
  }
});

test('what cannot be right is refused before it is sent', async (t) => {
  const server = await loopback(t, (response) => reply(response, { json: EVENT }));
  const { events } = client(server);
  const circular = {};
  circular.self = circular;
  const calls = [
    [() => events.retrieve(''), 'eventId'],
    [() => events.retrieve('..'), 'eventId'],
    [() => events.retrieve(undefined), 'eventId'],
    [() => events.retrieve('\ud800'), 'eventId'],
    [() => events.create(PARAMS, { idempotencyKey: '' }), 'Idempotency-Key'],
    [() => events.create(PARAMS, { idempotencyKey: 'two words' }), 'Idempotency-Key'],
    [() => events.create(PARAMS, { idempotencyKey: 'x'.repeat(256) }), 'Idempotency-Key'],
    [() => events.create({ ...PARAMS, payload: circular }), undefined],
    [() => events.create({ ...PARAMS, payload: { n: 1n } }), undefined],
    [() => events.create(undefined), undefined],
    [() => events.list({ workspaceId: 'ws_000001', createdAfter: new Date('x') }), 'createdAfter'],
  ];

  for (const [call, param] of calls) {
    await assert.rejects(call, { code: 'invalid_request', status: undefined, param });
  }

  assert.equal(server.seen.length, 0);
});

test('an id stays one segment of the path', async (t) => {
  const server = await loopback(t, { json: EVENT });

  await client(server).events.retrieve('../webhooks?x=1#y');

  assert.equal(server.seen[0].path, '/v1/events/..%2Fwebhooks%3Fx%3D1%23y');
});
