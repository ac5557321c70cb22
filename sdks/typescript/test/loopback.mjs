// A server on this machine that answers as it is told and keeps what it was asked.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { Harbor } from '@harbor/sdk';

export const KEY = 'hb_test_0123456789abcdefghijklmnopqrstuvwxyz01';
export const EVENT = {
  id: 'evt_01j8z0c3t4e6g8h0j2k4m6n8pq',
  type: 'order.shipped',
  workspace_id: 'ws_01j8yxw2v3t4s5r6q7p8n9m0k1',
  payload: { order_id: 'ord_77', lineItems: [{ unit_price: 1 }] },
  created_at: '2026-05-25T12:00:00.000Z',
};
export const PARAMS = { workspaceId: EVENT.workspace_id, type: EVENT.type, payload: { orderId: 'ord_77' } };

/** Starts a server for one test. `answers` are functions or `{status, json | body, headers}`; the last one repeats. */
export async function loopback(t, ...answers) {
  const seen = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    const { pathname, searchParams } = new URL(request.url, 'http://x');
    const text = Buffer.concat(chunks).toString();
    const asked = {
      method: request.method,
      path: pathname,
      query: Object.fromEntries([...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name)])),
      headers: request.headers,
      body: text ? JSON.parse(text) : undefined,
    };
    seen.push(asked);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (typeof answer === 'function') {
      answer(response, asked);
    } else {
      reply(response, answer);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, seen };
}

/** A client of a server. */
export function client({ url }, options = {}) {
  return new Harbor({ secretKey: KEY, host: url, ...options });
}

/** Write one answer. */
export function reply(response, { status = 200, json, body, headers = {} }) {
  response.writeHead(status, { 'Harbor-Request-Id': 'req_header', ...headers });
  response.end(body ?? (json === undefined ? undefined : JSON.stringify(json)));
}

/** An error as the server tells it. */
export function refusal(status, code, more = {}, headers = {}) {
  return { status, headers, json: { error: { code, message: `It is ${code}.`, request_id: 'req_body', ...more } } };
}

/** A page of a list. */
export function page(data, cursor = null) {
  return { json: { data, has_more: cursor !== null, end_cursor: cursor ?? data.at(-1)?.id ?? null } };
}

/** A failure that may pass, whose wait is over at once. */
export const PASSING = refusal(503, 'service_unavailable', {}, { 'Retry-After': '0' });
