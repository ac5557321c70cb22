// The client: one object per key, with a namespace for each kind of thing.

import { Deliveries } from './resources/deliveries.js';
import { Events } from './resources/events.js';
import { Webhooks } from './resources/webhooks.js';
import { Workspaces } from './resources/workspaces.js';
import { readSettings, type HarborOptions } from './settings.js';
import { Transport } from './transport.js';

/** A client of Harbor. Make one and share it. The key is kept where neither logs nor `console.log` find it. */
export class Harbor {
  readonly workspaces: Workspaces;
  readonly events: Events;
  readonly webhooks: Webhooks;
  readonly deliveries: Deliveries;
  /** The origin that requests go to. */
  readonly host: string;

  /** Throws `HarborError` with code `authentication_failed` for a key that cannot be one, before any request. */
  constructor(options: HarborOptions) {
    const transport = new Transport(readSettings(options));
    this.host = transport.host;
    this.workspaces = new Workspaces(transport);
    this.events = new Events(transport);
    this.webhooks = new Webhooks(transport);
    this.deliveries = new Deliveries(transport);
  }
}
