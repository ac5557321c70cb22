// Events: created once, read often.

import type {
  BatchError,
  BatchItem,
  CreateBatchParams,
  CreateEventParams,
  Delivery,
  HarborEvent,
  JsonObject,
  ListEventsParams,
  ListParams,
  RedeliverParams,
} from '../models.js';
import { fromWire, snakePayload, toWire } from '../naming.js';
import { readOne, readPage, walk, type Page } from '../pages.js';
import { readItems, readObject } from '../reply.js';
import { get, post, segment, type RequestOptions } from '../request.js';
import type { Transport } from '../transport.js';

/** What became of a batch, item by item in the order sent, and the same sorted by outcome. */
export interface BatchResult {
  items: BatchItem[];
  events: HarborEvent[];
  errors: BatchError[];
}

const PATH = '/v1/events';
const CREATED = 201;

/** Facts, written once. Payloads belong to their senders, and their keys are never renamed on the way back. */
export class Events {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** A new event. Without `idempotencyKey` it is sent once, whatever happens. */
  async create<P extends object>(params: CreateEventParams<P>, options?: RequestOptions): Promise<HarborEvent<P>> {
    const body = this.#cased(toWire('CreateEventParams', params));
    return readOne('HarborEvent', this.#transport.send(post(PATH, body, options)));
  }

  /** Up to 100 new events: all or none, unless `atomic` is false. */
  async createBatch(params: CreateBatchParams, options?: RequestOptions): Promise<BatchResult> {
    const body = toWire('CreateBatchParams', params);
    if (Array.isArray(body['events'])) {
      body['events'] = body['events'].map((event: JsonObject) => this.#cased(event));
    }
    const reply = await this.#transport.send(post(`${PATH}/batch`, body, options));
    // An atomic batch answers with events, the other kind with a result for each item.
    const items = readItems(reply, readObject(reply)).map((item) =>
      fromWire('BatchItem', 'payload' in item ? { status: CREATED, event: item } : item),
    ) as unknown as BatchItem[];
    return {
      items,
      events: items.flatMap((item) => item.event ?? []),
      errors: items.flatMap((item) => item.error ?? []),
    };
  }

  /** One event. */
  async retrieve<P extends object = JsonObject>(eventId: string): Promise<HarborEvent<P>> {
    return readOne('HarborEvent', this.#transport.send(get(path(eventId))));
  }

  /** A page of a workspace's events, newest first unless asked otherwise. */
  async list<P extends object = JsonObject>(params: ListEventsParams): Promise<Page<HarborEvent<P>>> {
    return readPage(this.#transport, 'HarborEvent', PATH, params);
  }

  /** Every event of a list, page after page. */
  listAuto<P extends object = JsonObject>(
    params: ListEventsParams,
  ): AsyncGenerator<HarborEvent<P>, void, undefined> {
    return walk(this.#transport, 'HarborEvent', PATH, params);
  }

  /** A page of an event's deliveries. */
  async listDeliveries(eventId: string, params?: ListParams): Promise<Page<Delivery>> {
    return readPage(this.#transport, 'Delivery', `${path(eventId)}/deliveries`, params);
  }

  /** New deliveries of an event, to the endpoints named or to all that match it now. */
  async redeliver(eventId: string, params?: RedeliverParams, options?: RequestOptions): Promise<Delivery[]> {
    const body = params && toWire('RedeliverParams', params);
    const reply = await this.#transport.send(post(`${path(eventId)}/redeliver`, body, options));
    return readItems(reply, readObject(reply)).map((item) => fromWire('Delivery', item) as unknown as Delivery);
  }

  #cased(body: JsonObject): JsonObject {
    const isAsked = this.#transport.payloadCase === 'snake';
    return isAsked && 'payload' in body ? { ...body, payload: snakePayload(body['payload']) } : body;
  }
}

function path(eventId: string): string {
  return `${PATH}/${segment(eventId, 'eventId')}`;
}
