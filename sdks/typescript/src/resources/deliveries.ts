// Deliveries: found, looked into, sent again, called off.

import type { Attempt, Delivery, DeliveryDetail, ListDeliveriesParams, ListParams } from '../models.js';
import { readOne, readPage, walk, type Page } from '../pages.js';
import { get, post, segment, type RequestOptions } from '../request.js';
import type { Transport } from '../transport.js';

const PATH = '/v1/deliveries';

/** Events on their way to endpoints. */
export class Deliveries {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** A page of a workspace's deliveries, newest first. */
  async list(params: ListDeliveriesParams): Promise<Page<Delivery>> {
    return readPage(this.#transport, 'Delivery', PATH, params);
  }

  /** Every delivery of a list, page after page. */
  listAuto(params: ListDeliveriesParams): AsyncGenerator<Delivery, void, undefined> {
    return walk(this.#transport, 'Delivery', PATH, params);
  }

  /** One delivery with its latest attempts and the text that is sent. */
  async retrieve(deliveryId: string): Promise<DeliveryDetail> {
    return readOne('DeliveryDetail', this.#transport.send(get(path(deliveryId))));
  }

  /** A page of a delivery's attempts, oldest first. */
  async attempts(deliveryId: string, params?: ListParams): Promise<Page<Attempt>> {
    return readPage(this.#transport, 'Attempt', `${path(deliveryId)}/attempts`, params);
  }

  /** The same delivery sent again, at once. */
  async replay(deliveryId: string, options?: RequestOptions): Promise<Delivery> {
    return readOne('Delivery', this.#transport.send(post(`${path(deliveryId)}/replay`, undefined, options)));
  }

  /** A delivery that is not sent any more. */
  async cancel(deliveryId: string, options?: RequestOptions): Promise<Delivery> {
    return readOne('Delivery', this.#transport.send(post(`${path(deliveryId)}/cancel`, undefined, options)));
  }
}

function path(deliveryId: string): string {
  return `${PATH}/${segment(deliveryId, 'deliveryId')}`;
}
