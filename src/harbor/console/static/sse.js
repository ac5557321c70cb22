// Server-sent events over fetch: unlike EventSource it tells the status of a refusal, and takes frames of every type.

/** @typedef {{id: string, type: string, data: string}} Frame */

/**
 * The frames in a stream's text, as it comes in pieces.
 * @param {(frame: Frame) => void} take
 * @param {string} lastId
 */
export function reader(take, lastId = "") {
  let rest = "";
  let frame = { id: lastId, type: "", data: /** @type {string[]} */ ([]) };
  /** @param {string} line */
  const line = (line) => {
    if (line === "") {
      if (frame.data.length) take({ id: frame.id, type: frame.type || "message", data: frame.data.join("\n") });
      frame = { id: frame.id, type: "", data: [] };
      return;
    }
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (name === "data") frame.data.push(value);
    else if (name === "event") frame.type = value;
    else if (name === "id") frame.id = value;
  };
  return {
    /** @param {string} piece */
    feed(piece) {
      const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      lines.forEach(line);
    },
    /** Where to go on from after a break. */
    lastId: () => frame.id,
  };
}

/**
 * Follows a stream until it ends. Comments and empty frames count as life and are not handed over.
 * @param {string} address
 * @param {string} lastId
 * @param {AbortSignal} signal
 * @param {{open: () => void, frame: (frame: Frame) => void}} on
 * @returns {Promise<{status: number, lastId: string, text: string}>} `text` is the body of a refusal
 */
export async function follow(address, lastId, signal, on) {
  const headers = { Accept: "text/event-stream", ...(lastId ? { "Last-Event-ID": lastId } : {}) };
  const response = await fetch(address, { headers, signal, credentials: "same-origin", cache: "no-store" });
  const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
  if (!response.ok || !isStream || !response.body) {
    return { status: response.ok ? 401 : response.status, lastId, text: await response.text() }; // ok, but no stream: the sign-in page
  }
  on.open();
  const lines = reader(on.frame, lastId);
  const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await pieces.read();
      if (done) break;
      lines.feed(value);
    }
  } catch (error) {
    if (signal.aborted) throw error;
  }
  return { status: response.status, lastId: lines.lastId(), text: "" };
}
