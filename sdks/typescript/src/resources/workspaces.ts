// Workspaces, as their own keys see them.

import type { ListParams, Workspace } from '../models.js';
import { readOne, readPage, type Page } from '../pages.js';
import { get, segment } from '../request.js';
import type { Transport } from '../transport.js';

/** The boundaries around events, webhooks and keys. */
export class Workspaces {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One workspace the key can see. */
  async retrieve(workspaceId: string): Promise<Workspace> {
    return readOne('Workspace', this.#transport.send(get(`/v1/workspaces/${segment(workspaceId, 'workspaceId')}`)));
  }

  /** A page of the workspaces the key can see. */
  async list(params?: ListParams): Promise<Page<Workspace>> {
    return readPage(this.#transport, 'Workspace', '/v1/workspaces', params);
  }
}
