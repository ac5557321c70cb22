// The SDK against a real server: HARBOR_URL, HARBOR_SECRET_KEY and HARBOR_WORKSPACE say which. Its webhooks must be
// allowed to reach this machine over plain HTTP.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { constructWebhookEvent, Harbor, verifyWebhookSignature } from '@harbor/sdk';

const WAIT_MS_MAX = 15_000;

const workspaceId = process.env.HARBOR_WORKSPACE;
const harbor = new Harbor({ secretKey: process.env.HARBOR_SECRET_KEY });
const got = [];
let isFailing = false;
let receiver;
let url;

before(async () => {
  receiver = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    got.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks) });
    response.writeHead(isFailing ? 500 : 204).end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  url = `http://127.0.0.1:${receiver.address().port}`;
});

after(() => {
  receiver.closeAllConnections();
  receiver.close();
});

/** What `look` finds, as soon as it finds something. */
async function eventually(look, claim) {
  const until = Date.now() + WAIT_MS_MAX;
  for (;;) {
    const found = await look();
    if (found) {
      return found;
    }
    assert.ok(Date.now() < until, `not in time: ${claim}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const arrived = (path, count = 1) =>
  eventually(() => got.filter((one) => one.path === path)[count - 1], `${count} deliveries at ${path}`);

const settled = (eventId, status) =>
  eventually(
    async () => (await harbor.events.listDeliveries(eventId)).data.find((one) => one.status === status),
    `the delivery of ${eventId} is ${status}`,
  );

async function all(items) {
  const found = [];
  for await (const item of items) {
    found.push(item);
  }
  return found;
}

function register(path, events) {
  return harbor.webhooks.create({ workspaceId, url: url + path, events });
}

function send(type, payload = { orderId: 'ord_77', lineItems: [{ unit_price: 1 }] }, options = undefined) {
  return harbor.events.create({ workspaceId, type, payload }, options);
}

test('the workspace of the key is there', async () => {
  const workspace = await harbor.workspaces.retrieve(workspaceId);

  assert.deepEqual([workspace.id, workspace.status, workspace.environment], [workspaceId, 'active', 'sandbox']);
  assert.ok((await harbor.workspaces.list()).data.some((one) => one.id === workspaceId));
});

test('an event is created once, and reads as it was written', async () => {
  const payload = { orderId: 'ord_77', snake_case: { MixedCase: [1, null, 'Zürich'] } };
  const made = await send('live.created', payload, { idempotencyKey: 'live-created' });
  const again = await send('live.created', payload, { idempotencyKey: 'live-created' });

  assert.deepEqual(again, made);
  assert.deepEqual(made.payload, payload);
  assert.deepEqual(await harbor.events.retrieve(made.id), made);
  await assert.rejects(send('live.created', { other: true }, { idempotencyKey: 'live-created' }), {
    code: 'idempotency_conflict',
    status: 409,
  });
});

test('a list is walked through page by page, and a batch keeps its order', async () => {
  const events = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ type: `live.batch.${name}`, payload: { name } }));
  const { events: made, errors } = await harbor.events.createBatch({ workspaceId, events });

  const page = await harbor.events.list({ workspaceId, type: 'live.batch.*', limit: 2 });
  const walked = await all(harbor.events.listAuto({ workspaceId, type: 'live.batch.*', limit: 2 }));

  assert.deepEqual(errors, []);
  assert.deepEqual([page.data.length, page.hasMore, page.endCursor], [2, true, page.data[1].id]);
  assert.deepEqual(walked.map((one) => one.id), made.map((one) => one.id).reverse());
});

test('a batch that need not be whole tells of each item', async () => {
  const events = [{ type: 'live.some', payload: {} }, { type: 'not a type', payload: {} }];

  const { items, errors } = await harbor.events.createBatch({ workspaceId, events, atomic: false });

  assert.deepEqual(items.map((one) => one.status), [201, 400]);
  assert.equal(errors[0].code, 'invalid_request');
});

test('a delivery is verified, and refused with one byte flipped', async () => {
  const endpoint = await register('/verify', ['live.verify']);
  const event = await send('live.verify');
  const { headers, body } = await arrived('/verify');

  const envelope = constructWebhookEvent(body, headers, endpoint.secret);
  const flipped = Buffer.from(body);
  flipped[40] ^= 1;
  const standard = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('webhook-')));

  assert.equal(envelope.type, 'event.created');
  assert.deepEqual([envelope.data.id, envelope.data.type], [event.id, 'live.verify']);
  assert.deepEqual(envelope.data.payload, event.payload);
  assert.throws(() => constructWebhookEvent(flipped, headers, endpoint.secret), { code: 'webhook_signature_invalid' });
  assert.equal(constructWebhookEvent(body, standard, endpoint.secret).id, envelope.id);
  assert.throws(() => constructWebhookEvent(flipped, standard, endpoint.secret));
});

test('while a secret rotates either verifies', async () => {
  const endpoint = await register('/rotate', ['live.rotate']);
  const rotated = await harbor.webhooks.rotateSecret(endpoint.id, { gracePeriodSeconds: 60 });
  await send('live.rotate');
  const { headers, body } = await arrived('/rotate');
  const verify = (secret) =>
    verifyWebhookSignature({
      payload: body,
      signature: headers['harbor-signature'],
      timestamp: headers['harbor-timestamp'],
      secret,
    });

  assert.equal(rotated.id, endpoint.id);
  assert.ok(Date.parse(rotated.previousSecretExpiresAt) > Date.now());
  assert.notEqual(rotated.secret, endpoint.secret);
  assert.deepEqual([endpoint.secret, rotated.secret, 'whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY'].map(verify), [true, true, false]);
});

test('an endpoint is found, changed, tested, measured and deleted', async () => {
  const made = await register('/endpoint', ['live.endpoint']);
  const { id } = made;

  const changed = await harbor.webhooks.update(id, { description: 'Hook', metadata: { teamName: 'ops', cost_center: '7' } });
  const attempt = await harbor.webhooks.test(id, { payload: { isTest: true } });
  const stats = await harbor.webhooks.stats(id);

  assert.match(made.secret, /^whsec_/);
  assert.deepEqual(changed.metadata, { teamName: 'ops', cost_center: '7' });
  assert.deepEqual([attempt.responseStatus, attempt.error, attempt.trigger], [204, null, 'test']);
  assert.deepEqual(JSON.parse((await arrived('/endpoint')).body).data.payload, { isTest: true });
  assert.equal(stats.webhookId, id);
  assert.ok('p50' in stats.latencyMs);
  const shown = await harbor.webhooks.retrieve(id);
  assert.deepEqual([shown.description, shown.secret], ['Hook', undefined]);
  assert.ok((await harbor.webhooks.list({ workspaceId, status: 'active' })).data.some((one) => one.id === id));
  assert.ok((await all(harbor.webhooks.listAuto({ workspaceId, limit: 1 }))).some((one) => one.id === id));

  assert.equal(await harbor.webhooks.delete(id), undefined);

  await assert.rejects(harbor.webhooks.retrieve(id), { code: 'resource_not_found', status: 404 });
});

test('a delivery is looked into, replayed and sent anew', async () => {
  const endpoint = await register('/replay', ['live.replay']);
  const event = await send('live.replay');
  const delivery = await settled(event.id, 'delivered');

  const whole = await harbor.deliveries.retrieve(delivery.id);
  const replayed = await harbor.deliveries.replay(delivery.id, { idempotencyKey: 'live-replay' });
  const second = await arrived('/replay', 2);
  const attempts = await eventually(async () => {
    const { data } = await harbor.deliveries.attempts(delivery.id);
    return data.length === 2 ? data : undefined;
  }, 'both attempts are told of');
  const anew = await harbor.events.redeliver(event.id, { webhookIds: [endpoint.id] });
  await arrived('/replay', 3);

  assert.equal(JSON.parse(whole.requestBody).data.id, event.id);
  assert.deepEqual([whole.attempts.length, whole.attempts[0].responseStatus], [1, 204]);
  assert.equal(replayed.id, delivery.id);
  assert.equal(constructWebhookEvent(second.body, second.headers, endpoint.secret).id, delivery.id);
  assert.deepEqual(attempts.map((one) => one.trigger), ['automatic', 'manual']);
  assert.equal(anew.length, 1);
  assert.notEqual(anew[0].id, delivery.id);
  const listed = await harbor.deliveries.list({ workspaceId, eventId: event.id });
  const walked = await all(harbor.deliveries.listAuto({ workspaceId, webhookId: endpoint.id, limit: 1 }));
  assert.deepEqual(listed.data.map((one) => one.id), walked.map((one) => one.id));
  assert.equal(walked.length, 2);
});

test('a delivery that fails is called off, and recovered later', async () => {
  const since = new Date(Date.now() - 60_000);
  const endpoint = await register('/fail', ['live.fail']);
  isFailing = true;
  const event = await send('live.fail');
  const delivery = await settled(event.id, 'retrying');
  isFailing = false;

  const canceled = await harbor.deliveries.cancel(delivery.id);
  const { jobId } = await harbor.webhooks.recover(endpoint.id, { since, include: ['failed', 'skipped'] });

  assert.deepEqual([delivery.lastResponseStatus, delivery.lastError], [500, 'http_status']);
  assert.equal(canceled.status, 'canceled');
  assert.ok(jobId);
  await assert.rejects(harbor.deliveries.cancel(delivery.id), { code: 'delivery_not_cancelable', status: 409 });
});

test('a key that is none is refused by the server, with the id of the request', async () => {
  const stranger = new Harbor({ secretKey: 'hb_test_00000000000000000000000000000000000000' });

  await assert.rejects(stranger.workspaces.list(), (error) => {
    assert.deepEqual([error.code, error.status], ['authentication_failed', 401]);
    assert.match(error.requestId, /^req_/);
    return true;
  });
});
