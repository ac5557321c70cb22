// Logging: what a client tells about its requests, and never tells: keys, queries, bodies.

/** What a line is about. `requestId` is the server's id of the request, once a reply carried one. */
export interface LogMeta {
  method: string;
  path: string;
  requestId?: string;
  status?: number;
  code?: string;
  durationMs?: number;
  delayMs?: number;
}

/** Anything with some of these methods, such as `console`. */
export interface Logger {
  /** Each exchange, and how long it took. */
  debug?(message: string, meta: LogMeta): unknown;
  /** What the server refused. */
  info?(message: string, meta: LogMeta): unknown;
  /** What went wrong and is tried again. */
  warn?(message: string, meta: LogMeta): unknown;
  /** What went wrong for good, through no fault of the request. */
  error?(message: string, meta: LogMeta): unknown;
}

/** Tell a logger, if there is one. A logger that fails does not make the call fail. */
export function tell(logger: Logger | undefined, level: keyof Logger, message: string, meta: LogMeta): void {
  try {
    logger?.[level]?.(message, meta);
  } catch {
    // There is nobody left to tell.
  }
}
