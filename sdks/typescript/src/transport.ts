// The transport: sends requests, waits where the rules say so, and keeps the key.

import { randomUUID } from 'node:crypto';
import { HarborError } from './errors.js';
import { tell, type LogMeta } from './logger.js';
import { invalidResponse, refusal, type Reply } from './reply.js';
import type { Request } from './request.js';
import { delayMs } from './retries.js';
import type { Fetch, FetchInit, FetchReply, Settings } from './settings.js';
import { VERSION } from './version.js';

// A page of a hundred events of 256 KiB each, with room for escapes.
const REPLY_BYTES_MAX = 64 * 1024 * 1024;

/** Sends requests to one server with one key. */
export class Transport {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** The origin that requests go to. */
  get host(): string {
    return this.#settings.host;
  }

  /** Whether keys of payloads are renamed. */
  get payloadCase(): Settings['payloadCase'] {
    return this.#settings.payloadCase;
  }

  /** The successful reply to a request, after as many retries as allowed. Throws `HarborError` otherwise. */
  async send(asked: Request): Promise<Reply> {
    const request = this.#withKey(asked);
    for (let done = 0; ; done += 1) {
      const outcome = await this.#exchange(request);
      if (!(outcome instanceof HarborError)) {
        return outcome;
      }
      const wait = delayMs(request, outcome, { done, max: this.#settings.maxRetries });
      this.#tellFailure(request, outcome, wait);
      if (wait === undefined) {
        throw outcome;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  #withKey(request: Request): Request {
    const isBare = request.method === 'POST' && request.idempotencyKey === undefined;
    return isBare && this.#settings.retryPostWithGeneratedKey ? { ...request, idempotencyKey: randomUUID() } : request;
  }

  /** One request and its whole reply, or the error that came of it. */
  async #exchange(request: Request): Promise<Reply | HarborError> {
    const started = performance.now();
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), this.#settings.timeoutMs);
    let outcome: Reply | HarborError;
    try {
      outcome = judge(await this.#fetchReply(request, abort));
    } catch (cause) {
      outcome = cause instanceof HarborError ? cause : this.#absence(cause, abort.signal.aborted);
    } finally {
      clearTimeout(timer);
    }
    const { method, path } = request;
    const { requestId, status } = outcome;
    const meta = { method, path, requestId, status, durationMs: Math.round(performance.now() - started) };
    tell(this.#settings.logger, 'debug', `${method} ${path} -> ${status ?? 'no reply'}`, known(meta));
    return outcome;
  }

  async #fetchReply(request: Request, abort: AbortController): Promise<Reply> {
    const send = this.#settings.fetch ?? (globalThis.fetch as unknown as Fetch);
    // A fetch that does not heed its signal must not hold the caller either.
    const late = new Promise<never>((_, reject) => {
      abort.signal.addEventListener('abort', () => reject(new Error('The time is over.')), { once: true });
    });
    const exchange = send(`${this.host}${request.path}${request.query}`, this.#init(request, abort.signal)).then(
      async (got) => {
        const head = { status: got.status, requestId: got.headers.get('harbor-request-id') ?? undefined };
        const text = await readText(got, () => invalidResponse(`The reply exceeds ${REPLY_BYTES_MAX} bytes.`, head));
        return { ...head, text, retryAfter: got.headers.get('retry-after') ?? undefined };
      },
    );
    return Promise.race([exchange, late]);
  }

  #init(request: Request, signal: AbortSignal): FetchInit {
    const headers: Record<string, string> = {
      Authorization: `Bearer ${this.#settings.secretKey}`,
      Accept: 'application/json',
      'User-Agent': `harbor-sdk-typescript/${VERSION}`,
    };
    if (request.body !== undefined) {
      headers['Content-Type'] = 'application/json';
    }
    if (request.idempotencyKey !== undefined) {
      headers['Idempotency-Key'] = request.idempotencyKey;
    }
    // Redirects are not followed: the key must not travel to a host that nobody configured.
    const init: FetchInit = { method: request.method, headers, redirect: 'manual', signal };
    return request.body === undefined ? init : { ...init, body: request.body };
  }

  #absence(cause: unknown, isLate: boolean): HarborError {
    if (isLate) {
      const message = `No complete reply from ${this.host} within ${this.#settings.timeoutMs} ms.`;
      return new HarborError('timeout', message, { cause });
    }
    return new HarborError('connection_error', `No reply from ${this.host}: ${reason(cause)}.`, { cause });
  }

  #tellFailure({ method, path }: Request, error: HarborError, wait: number | undefined): void {
    const { code, requestId, status } = error;
    const meta = { method, path, requestId, status, code };
    if (wait !== undefined) {
      const delay = Math.round(wait);
      const message = `${method} ${path} again in ${delay} ms: ${code}`;
      tell(this.#settings.logger, 'warn', message, known({ ...meta, delayMs: delay }));
      return;
    }
    const isOurs = status !== undefined && status >= 400 && status < 500;
    tell(this.#settings.logger, isOurs ? 'info' : 'error', `${method} ${path} failed: ${code}`, known(meta));
  }
}

function judge(reply: Reply): Reply | HarborError {
  return reply.status >= 200 && reply.status < 300 ? reply : refusal(reply);
}

/** The body as text. It is counted as it comes, so that an endless one does not fill the memory. */
async function readText(reply: FetchReply, tooLong: () => HarborError): Promise<string> {
  const stream = reply.body as AsyncIterable<Uint8Array> | null | undefined;
  if (typeof stream?.[Symbol.asyncIterator] !== 'function') {
    return reply.text();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > REPLY_BYTES_MAX) {
      throw tooLong();
    }
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Why nothing came, in a word or a sentence. fetch hides what the socket said in `cause`. */
function reason(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (inner as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : inner instanceof Error && inner.message ? inner.message : 'connection failed';
}

/** A line's facts without those that are not known. */
function known(meta: { [K in keyof LogMeta]: LogMeta[K] | undefined }): LogMeta {
  return Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined)) as unknown as LogMeta;
}
