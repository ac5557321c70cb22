// Webhook endpoints: registered, changed, tested, and caught up after an outage.

import type {
  Attempt,
  CreateWebhookParams,
  ListWebhooksParams,
  NewWebhookEndpoint,
  Recovery,
  RecoverParams,
  RotatedSecret,
  RotateSecretParams,
  StatsParams,
  TestWebhookParams,
  UpdateWebhookParams,
  WebhookEndpoint,
  WebhookStats,
} from '../models.js';
import { snakePayload, toWire } from '../naming.js';
import { readOne, readPage, walk, type Page } from '../pages.js';
import { get, post, put, remove, segment, type RequestOptions } from '../request.js';
import type { Transport } from '../transport.js';

const PATH = '/v1/webhooks';

/** Where events are delivered. */
export class Webhooks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** A new endpoint, with the signing secret that is shown this once. */
  async create(params: CreateWebhookParams, options?: RequestOptions): Promise<NewWebhookEndpoint> {
    const body = toWire('CreateWebhookParams', params);
    return readOne('NewWebhookEndpoint', this.#transport.send(post(PATH, body, options)));
  }

  /** One endpoint, without its secret. */
  async retrieve(webhookId: string): Promise<WebhookEndpoint> {
    return readOne('WebhookEndpoint', this.#transport.send(get(path(webhookId))));
  }

  /** A page of a workspace's endpoints, newest first. */
  async list(params: ListWebhooksParams): Promise<Page<WebhookEndpoint>> {
    return readPage(this.#transport, 'WebhookEndpoint', PATH, params);
  }

  /** Every endpoint of a list, page after page. */
  listAuto(params: ListWebhooksParams): AsyncGenerator<WebhookEndpoint, void, undefined> {
    return walk(this.#transport, 'WebhookEndpoint', PATH, params);
  }

  /** An endpoint with other fields: what is absent stays, and null takes a value away. */
  async update(webhookId: string, params: UpdateWebhookParams): Promise<WebhookEndpoint> {
    const body = toWire('UpdateWebhookParams', params);
    return readOne('WebhookEndpoint', this.#transport.send(put(path(webhookId), body)));
  }

  /** The end of an endpoint; its outstanding deliveries are canceled. */
  async delete(webhookId: string): Promise<void> {
    await this.#transport.send(remove(path(webhookId)));
  }

  /** A new signing secret. The old one signs too until the grace period is over. */
  async rotateSecret(webhookId: string, params?: RotateSecretParams, options?: RequestOptions): Promise<RotatedSecret> {
    const body = params && toWire('RotateSecretParams', params);
    return readOne('RotatedSecret', this.#transport.send(post(`${path(webhookId)}/rotate_secret`, body, options)));
  }

  /** One attempt with a made-up event, and how it went. */
  async test(webhookId: string, params?: TestWebhookParams, options?: RequestOptions): Promise<Attempt> {
    const body = params && toWire('TestWebhookParams', params);
    if (body && 'payload' in body && this.#transport.payloadCase === 'snake') {
      body['payload'] = snakePayload(body['payload']);
    }
    return readOne('Attempt', this.#transport.send(post(`${path(webhookId)}/test`, body, options)));
  }

  /** Counts and latencies of an endpoint since a moment. */
  async stats(webhookId: string, params?: StatsParams): Promise<WebhookStats> {
    return readOne('WebhookStats', this.#transport.send(get(`${path(webhookId)}/stats`, params)));
  }

  /** A job that sends what an endpoint missed between two moments. */
  async recover(webhookId: string, params: RecoverParams, options?: RequestOptions): Promise<Recovery> {
    const body = toWire('RecoverParams', params);
    return readOne('Recovery', this.#transport.send(post(`${path(webhookId)}/recover`, body, options)));
  }
}

function path(webhookId: string): string {
  return `${PATH}/${segment(webhookId, 'webhookId')}`;
}
