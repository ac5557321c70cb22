// How a client is made, and what it never tells.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Harbor, HarborError } from '@harbor/sdk';
import { readHost, readSettings } from '../../dist/esm/settings.js';
import { client, EVENT, KEY, loopback, PARAMS, PASSING, refusal } from '../loopback.mjs';

test('the host follows the prefix of the key', () => {
  assert.equal(readSettings({ secretKey: 'hb_test_x' }, {}).host, 'https://sandbox.api.harbor.dev');
  assert.equal(readSettings({ secretKey: 'hb_live_x' }, {}).host, 'https://api.harbor.dev');
});

test('HARBOR_URL names a server of one\'s own, and the option host goes before it', () => {
  const environment = { HARBOR_URL: 'http://127.0.0.1:8000/' };

  assert.equal(readSettings({ secretKey: KEY }, environment).host, 'http://127.0.0.1:8000');
  assert.equal(readSettings({ secretKey: KEY, host: 'https://h.test' }, environment).host, 'https://h.test');
  assert.equal(readSettings({ secretKey: KEY }, { HARBOR_URL: '' }).host, 'https://sandbox.api.harbor.dev');
});

test('a host may end in a slash or in v1', () => {
  for (const host of ['https://h.test', 'https://h.test/', 'https://h.test/v1', ' https://h.test/v1/ ']) {
    assert.equal(readHost(host), 'https://h.test');
  }
  assert.equal(readHost('http://[::1]:8000/v1'), 'http://[::1]:8000');
});

test('a host that is no origin is refused', () => {
  const hosts = ['', 'h.test', 'ftp://h.test', 'https://h.test/v2', 'https://u:p@h.test', 'https://h.test?x=1', 7, {}];

  for (const host of hosts) {
    assert.throws(() => new Harbor({ secretKey: KEY, host }), { code: 'invalid_request', param: 'host' });
  }
});

test('a key that cannot be one is refused before any request, without being repeated', () => {
  const keys = [undefined, null, '', ' ', 'sk_test_x', 'hb_test_', 'hb_admin_x', 'hb_test_a b', 'hb_test_a\nX: y', 42];

  for (const secretKey of keys) {
    assert.throws(
      () => new Harbor({ secretKey, host: 'https://h.test' }),
      (error) => {
        assert.ok(error instanceof HarborError);
        assert.equal(error.code, 'authentication_failed');
        assert.match(error.message, /secretKey/);
        assert.ok(!error.message.includes('a b'));
        return true;
      },
    );
  }
  assert.throws(() => new Harbor(), { code: 'authentication_failed' });
});

test('who comes from version 1 is told of secretKey', () => {
  const told = { code: 'authentication_failed', message: /secretKey/ };

  assert.throws(() => new Harbor({ apiKey: KEY }), told);
  assert.throws(() => new Harbor({ apiKey: KEY, secretKey: KEY }), { ...told, message: /apiKey/ });
  assert.throws(() => new Harbor(KEY), told);
  assert.throws(() => readSettings({ secretKey: undefined }, { HARBOR_API_KEY: KEY }), {
    ...told,
    message: /HARBOR_API_KEY.*secretKey/s,
  });
  assert.equal(readSettings({ secretKey: KEY }, { HARBOR_API_KEY: 'old' }).secretKey, KEY);
});

test('the defaults are thirty seconds and two retries', () => {
  const { timeoutMs, maxRetries, retryPostWithGeneratedKey, payloadCase } = readSettings({ secretKey: KEY }, {});

  assert.deepEqual([timeoutMs, maxRetries, retryPostWithGeneratedKey, payloadCase], [30_000, 2, false, 'preserve']);
});

test('numbers that cannot be are refused', () => {
  const wrong = {
    timeoutMs: [0, -1, NaN, Infinity, '30', 2 ** 31],
    maxRetries: [-1, 0.5, NaN, Infinity, '2'],
    payloadCase: ['camel', 1],
  };

  for (const [param, values] of Object.entries(wrong)) {
    for (const value of values) {
      assert.throws(() => new Harbor({ secretKey: KEY, [param]: value }), { code: 'invalid_request', param });
    }
  }
});

test('a request says who asks, in JSON', async (t) => {
  const server = await loopback(t, { status: 201, json: EVENT });

  await client(server).events.create(PARAMS);

  const { headers } = server.seen[0];
  assert.equal(headers.authorization, `Bearer ${KEY}`);
  assert.equal(headers['content-type'], 'application/json');
  assert.match(headers['user-agent'], /^harbor-sdk-typescript\/2\.\d+\.\d+$/);
});

test('the logger hears of requests, retries and failures with the request id, never of secrets', async (t) => {
  const lines = [];
  const write = (level) => (message, meta) => lines.push([level, message, meta]);
  const logger = Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) => [level, write(level)]));
  const server = await loopback(t, PASSING, { json: EVENT }, refusal(404, 'resource_not_found'), PASSING);
  const harbor = client(server, { logger });

  await harbor.events.list({ workspaceId: 'ws_private' }).catch(() => {});
  await harbor.events.retrieve(EVENT.id).catch(() => {});
  await harbor.webhooks.create({ workspaceId: 'ws_1', url: 'https://x.test/token', events: ['*'], secret: 'whsec_x' }).catch(() => {});

  assert.deepEqual(
    lines.map(([level]) => level),
    ['debug', 'warn', 'debug', 'debug', 'info', 'debug', 'error'],
  );
  assert.deepEqual(lines[1][2], {
    method: 'GET',
    path: '/v1/events',
    requestId: 'req_body',
    status: 503,
    code: 'service_unavailable',
    delayMs: 0,
  });
  assert.ok(lines.every(([, , meta]) => meta.requestId));
  assert.doesNotMatch(JSON.stringify(lines), /hb_test_|whsec_|token|ws_private|Bearer/);
});

test('a logger may have some of the methods, and may fail', async (t) => {
  const server = await loopback(t, { json: EVENT });
  const failing = {
    debug() {
      throw new Error('disk full');
    },
  };

  assert.equal((await client(server, { logger: {} }).events.retrieve(EVENT.id)).id, EVENT.id);
  assert.equal((await client(server, { logger: failing }).events.retrieve(EVENT.id)).id, EVENT.id);
});

test('a client shows no secrets', () => {
  const harbor = new Harbor({ secretKey: KEY, host: 'https://h.test' });

  assert.doesNotMatch(inspect(harbor, { depth: 9, showHidden: true }) + JSON.stringify(harbor), /hb_test_/);
  assert.equal(harbor.host, 'https://h.test');
});
