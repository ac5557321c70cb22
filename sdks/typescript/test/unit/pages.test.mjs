// Lists: one page, and the way through all of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { client, EVENT, loopback, page, PASSING, refusal } from '../loopback.mjs';

const WORKSPACE = { workspaceId: EVENT.workspace_id };
const event = (n) => ({ ...EVENT, id: `evt_00000${n}` });

async function all(items) {
  const found = [];
  for await (const item of items) {
    found.push(item.id);
  }
  return found;
}

test('a page has data, hasMore and endCursor', async (t) => {
  const server = await loopback(t, page([event(1)], 'evt_000001'), page([]));
  const { events } = client(server);

  const first = await events.list(WORKSPACE);
  const empty = await events.list(WORKSPACE);

  assert.deepEqual([first.data.length, first.hasMore, first.endCursor], [1, true, 'evt_000001']);
  assert.equal(first.data[0].workspaceId, EVENT.workspace_id);
  assert.deepEqual(empty, { data: [], hasMore: false, endCursor: null });
});

test('listAuto gives every item in order, over pages that fail in between', async (t) => {
  const server = await loopback(
    t,
    page([event(5), event(4)], 'evt_000004'),
    refusal(429, 'rate_limit_exceeded', { retry_after_ms: 2 }),
    PASSING,
    page([event(3)], 'evt_000003'),
    (response) => response.destroy(),
    page([event(2), event(1)]),
  );
  t.mock.method(Math, 'random', () => 0);

  const found = await all(client(server).events.listAuto({ ...WORKSPACE, type: 'order.*' }));

  assert.deepEqual(found, [5, 4, 3, 2, 1].map((n) => event(n).id));
  assert.deepEqual(
    server.seen.map((one) => one.query.starting_after?.[0]),
    [undefined, 'evt_000004', 'evt_000004', 'evt_000004', 'evt_000003', 'evt_000003'],
  );
  assert.ok(server.seen.every((one) => one.query.type[0] === 'order.*' && one.query.limit[0] === '100'));
});

test('listAuto asks for a page only when its items are wanted, and keeps a limit and a start', async (t) => {
  const server = await loopback(t, page([event(2)], 'evt_000002'));

  for await (const item of client(server).events.listAuto({ ...WORKSPACE, limit: 1, startingAfter: 'evt_000009' })) {
    assert.equal(item.id, 'evt_000002');
    break;
  }

  assert.equal(server.seen.length, 1);
  assert.deepEqual([server.seen[0].query.limit, server.seen[0].query.starting_after], [['1'], ['evt_000009']]);
});

test('listAuto tells what does not pass', async (t) => {
  const expired = refusal(400, 'invalid_request', { message: 'Cursor expired. Start a new pagination sequence.' });
  const server = await loopback(t, page([event(2)], 'evt_000002'), expired);

  await assert.rejects(all(client(server).events.listAuto(WORKSPACE)), { code: 'invalid_request', message: /expired/ });
});

test('webhooks and deliveries are walked through likewise', async (t) => {
  const server = await loopback(
    t,
    page([{ id: 'wh_000002' }], 'wh_000002'),
    page([{ id: 'wh_000001' }]),
    page([{ id: 'del_000002' }], 'del_000002'),
    page([{ id: 'del_000001' }]),
  );
  const { webhooks, deliveries } = client(server);

  assert.deepEqual(await all(webhooks.listAuto(WORKSPACE)), ['wh_000002', 'wh_000001']);
  assert.deepEqual(await all(deliveries.listAuto({ ...WORKSPACE, status: 'failed' })), ['del_000002', 'del_000001']);
});

test('a list that leads nowhere or in a circle is an invalid response', async (t) => {
  const broken = [
    [{ json: { data: [event(1)], has_more: true, end_cursor: null } }],
    [page([event(1)], 'evt_000001')],
    [{ json: { data: {}, has_more: false, end_cursor: null } }],
    [{ json: { data: ['evt_000001'], has_more: false, end_cursor: null } }],
    [{ json: { data: [], has_more: false, end_cursor: 7 } }],
    [{ json: [] }],
  ];

  for (const answers of broken) {
    const server = await loopback(t, ...answers);
    await assert.rejects(all(client(server).events.listAuto(WORKSPACE)), { code: 'invalid_response' });
    assert.ok(server.seen.length <= 2);
  }
});

test('a batch tells what became of each item, whether all or some were taken', async (t) => {
  const error = { code: 'invalid_request', message: 'No.', param: 'type' };
  const server = await loopback(
    t,
    { status: 201, json: { data: [event(1)] } },
    { status: 207, json: { data: [{ status: 201, event: event(2) }, { status: 400, error }] } },
  );
  const { events } = client(server);

  const whole = await events.createBatch({ ...WORKSPACE, events: [] });
  const some = await events.createBatch({ ...WORKSPACE, events: [], atomic: false }, { idempotencyKey: 'k' });

  assert.deepEqual(whole.items.map((item) => [item.status, item.event.workspaceId]), [[201, EVENT.workspace_id]]);
  assert.deepEqual(whole.errors, []);
  assert.deepEqual(some.events.map((one) => one.id), ['evt_000002']);
  assert.deepEqual(some.errors, [error]);
  assert.equal(server.seen[1].body.atomic, false);
});
