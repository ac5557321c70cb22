// Pages: one part of a list, and the way through all of them.

import { fromWire, type Shape } from './naming.js';
import { invalidResponse, readItems, readObject } from './reply.js';
import { get } from './request.js';
import type { Transport } from './transport.js';

/** Some items of a list, newest first unless asked otherwise. `endCursor` is good for 24 hours. */
export interface Page<T> {
  data: T[];
  hasMore: boolean;
  endCursor: string | null;
}

/** What every list can be asked. */
interface Position {
  limit?: number | undefined;
  startingAfter?: string | undefined;
}

// Reading everything in the largest pages spends the fewest requests of the rate limit.
const AUTO_PAGE_ITEMS = 100;

/** One page. One that promises more must say where, and elsewhere than the page before it did. */
export async function readPage<T>(
  transport: Transport,
  shape: Shape,
  path: string,
  params: Position | undefined,
): Promise<Page<T>> {
  const reply = await transport.send(get(path, params));
  const value = readObject(reply);
  const data = readItems(reply, value).map((item) => fromWire(shape, item) as T);
  const hasMore = value['has_more'] === true;
  const endCursor = value['end_cursor'] ?? null;
  if (endCursor !== null && typeof endCursor !== 'string') {
    throw invalidResponse('end_cursor is not a string.', reply);
  }
  if (hasMore && (!endCursor || endCursor === params?.startingAfter)) {
    throw invalidResponse('The list promises more without saying where it goes on.', reply);
  }
  return { data, hasMore, endCursor };
}

/** Every item, page after page. A page is fetched when the first of its items is asked for. */
export async function* walk<T>(
  transport: Transport,
  shape: Shape,
  path: string,
  params: Position | undefined,
): AsyncGenerator<T, void, undefined> {
  let position: Position = { ...params, limit: params?.limit ?? AUTO_PAGE_ITEMS };
  for (;;) {
    const page = await readPage<T>(transport, shape, path, position);
    yield* page.data;
    if (!page.hasMore || page.endCursor === null) {
      return;
    }
    position = { ...position, startingAfter: page.endCursor };
  }
}

/** One object. */
export async function readOne<T>(shape: Shape, sent: ReturnType<Transport['send']>): Promise<T> {
  return fromWire(shape, readObject(await sent)) as T;
}
