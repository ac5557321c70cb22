// Every method as a strict program uses it, with the standard library of the language alone: no DOM, no Node.

import {
  constructWebhookEvent,
  Harbor,
  HarborError,
  isHarborError,
  verifyWebhookSignature,
  type Attempt,
  type Delivery,
  type DeliveryEnvelope,
  type Event,
  type HarborErrorCode,
  type HarborEvent,
  type Logger,
  type Page,
  type Scope,
  type WebhookEndpoint,
  type Workspace,
} from '@harbor/sdk';

/** Whether two types are the same, in both directions. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const claim = <T extends true>(): T | undefined => undefined;

interface Order {
  orderId: string;
}

declare const key: string | undefined;
declare const body: Uint8Array;

const logger: Logger = { warn: (message, meta) => [message, meta.requestId] };
export const harbor = new Harbor({
  secretKey: key,
  host: 'https://harbor.test',
  timeoutMs: 1_000,
  maxRetries: 1,
  logger,
  retryPostWithGeneratedKey: true,
  payloadCase: 'snake',
});

export async function workspaces(): Promise<Workspace[]> {
  const one: Workspace = await harbor.workspaces.retrieve('ws_000001');
  claim<Same<Workspace['status'], 'active' | 'suspended' | 'archived'>>();
  const page: Page<Workspace> = await harbor.workspaces.list({ limit: 1, order: 'asc' });
  return [one, ...page.data];
}

export async function events(): Promise<string[]> {
  const order: Order = { orderId: 'ord_77' };
  const made = await harbor.events.create(
    { workspaceId: 'ws_000001', type: 'order.shipped', payload: order },
    { idempotencyKey: 'k' },
  );
  claim<Same<typeof made, HarborEvent<Order>>>();
  const plain: Event = await harbor.events.retrieve(made.id);
  const typed = await harbor.events.retrieve<Order>(made.id);
  const batch = await harbor.events.createBatch({
    workspaceId: 'ws_000001',
    events: [{ type: 'a', payload: order, idempotencyKey: 'k' }],
    atomic: false,
  });
  const page = await harbor.events.list({ workspaceId: 'ws_000001', type: ['a', 'b.*'], createdAfter: new Date() });
  const next = page.endCursor === null ? page : await harbor.events.list({ workspaceId: 'ws_000001', startingAfter: page.endCursor });
  const found = [plain.createdAt, typed.payload.orderId, ...batch.errors.map((one) => one.code), String(next.hasMore)];
  for await (const event of harbor.events.listAuto<Order>({ workspaceId: 'ws_000001' })) {
    found.push(event.payload.orderId);
  }
  const deliveries: Page<Delivery> = await harbor.events.listDeliveries(made.id, { limit: 100 });
  const again: Delivery[] = await harbor.events.redeliver(made.id, { webhookIds: ['wh_000001'] }, { idempotencyKey: 'r' });
  return [...found, ...deliveries.data.map((one) => one.status), ...again.map((one) => one.id)];
}

export async function webhooks(): Promise<unknown[]> {
  const made = await harbor.webhooks.create({ workspaceId: 'ws_000001', url: 'https://x.test', events: ['*'], rateLimit: 5 });
  const secret: string = made.secret;
  const one: WebhookEndpoint = await harbor.webhooks.retrieve(made.id);
  claim<Same<WebhookEndpoint['status'], 'active' | 'disabled'>>();
  claim<Same<WebhookEndpoint['secret'], string | undefined>>();
  // The fields of the documentation make a whole endpoint.
  const documented: WebhookEndpoint = { id: 'wh_1', url: 'https://x.test', events: [], status: 'active', createdAt: '' };
  const page = await harbor.webhooks.list({ workspaceId: 'ws_000001', status: 'active' });
  for await (const each of harbor.webhooks.listAuto({ workspaceId: 'ws_000001' })) {
    page.data.push(each);
  }
  await harbor.webhooks.update(made.id, { status: 'disabled', description: null });
  const rotated = await harbor.webhooks.rotateSecret(made.id, { gracePeriodSeconds: 60 });
  const attempt: Attempt = await harbor.webhooks.test(made.id, { eventType: 'a', payload: { n: 1 } });
  const stats = await harbor.webhooks.stats(made.id, { since: '2026-01-01T00:00:00Z' });
  const { jobId } = await harbor.webhooks.recover(made.id, { since: new Date(), include: ['failed'] });
  const gone: void = await harbor.webhooks.delete(made.id);
  return [secret, one, documented, page, rotated.previousSecretExpiresAt, attempt.error, stats.latencyMs.p99, jobId, gone];
}

export async function deliveries(): Promise<unknown[]> {
  const page = await harbor.deliveries.list({ workspaceId: 'ws_000001', status: 'failed', responseStatus: 503 });
  for await (const each of harbor.deliveries.listAuto({ workspaceId: 'ws_000001' })) {
    page.data.push(each);
  }
  const one = await harbor.deliveries.retrieve('del_000001');
  const attempts: Page<Attempt> = await harbor.deliveries.attempts(one.id);
  const again: Delivery = await harbor.deliveries.replay(one.id, { idempotencyKey: 'k' });
  const called: Delivery = await harbor.deliveries.cancel(one.id);
  return [one.requestBody, one.attempts[0]?.resolvedIp, attempts.data.length, again, called];
}

export function verify(headers: Record<string, string | string[] | undefined>): string {
  const isGenuine: boolean = verifyWebhookSignature({ payload: body, signature: 'v1=', timestamp: 1, secret: ['a', 'b'] });
  const envelope: DeliveryEnvelope<Order> = constructWebhookEvent<Order>(body, headers, 'whsec_', { toleranceSeconds: 1 });
  return isGenuine ? envelope.data.payload.orderId : envelope.data.workspace_id;
}

export function explain(error: unknown): string {
  if (!isHarborError(error)) {
    return String(error);
  }
  claim<Same<typeof error, HarborError>>();
  const code: HarborErrorCode = error.code;
  const wait: number | undefined = error.retryAfterMs;
  return code === 'rate_limit_exceeded' ? `${wait} ms` : `${error.status} ${error.message} ${error.requestId}`;
}

export const scopes: Scope[] = ['events:read', 'webhooks:manage'];

// What must not compile.
// @ts-expect-error a secret key is required
new Harbor({ host: 'https://harbor.test' });
// @ts-expect-error version 1
new Harbor({ apiKey: 'hb_test_x' });
// @ts-expect-error events cannot be replayed
void harbor.events.replay;
// @ts-expect-error names of the wire are not those of programs
void harbor.events.list({ workspace_id: 'ws_000001' });
// @ts-expect-error a list is a page, not an array
void (async () => [...(await harbor.workspaces.list())]);
// @ts-expect-error no such word
export const word: Scope = 'events:all';
