// JSON as it is written. Numbers and strings keep their letters: 1e400 and 9007199254740993 are shown as they came.

/**
 * @typedef {object} Piece
 * @property {"object" | "array" | "string" | "number" | "word"} kind
 * @property {string | null} key as written, with its quotes; null in arrays and at the top
 * @property {string} text as written; empty for objects and arrays
 * @property {Piece[]} children
 * @property {Piece | null} parent
 */

const TOKEN = /\s*(?:([{}[\],:])|("[^"\\]*(?:\\.[^"\\]*)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|$)/y;

/**
 * The tree of a text.
 * @param {string} text
 * @returns {Piece}
 * @throws {SyntaxError} when it is not JSON
 */
export function read(text) {
  TOKEN.lastIndex = 0;
  /** @type {Piece | null} */
  let top = null;
  /** @type {Piece | null} */
  let inside = null;
  /** @type {string | null} */
  let key = null;
  // No recursion: a payload may be nested deeper than a browser's stack.
  for (;;) {
    const [token, mark, string, number, word] = next(text);
    if (!token) break;
    if (mark === "}" || mark === "]") inside = inside?.parent ?? null;
    else if (string && inside?.kind === "object" && key === null) key = string;
    else if (!mark || mark === "{" || mark === "[") {
      /** @type {Piece["kind"]} */
      const kind = mark === "{" ? "object" : mark === "[" ? "array" : string ? "string" : number ? "number" : "word";
      /** @type {Piece} */
      const piece = { kind, key, text: string ?? number ?? word ?? "", children: [], parent: inside };
      key = null;
      if (inside) inside.children.push(piece);
      else if (top) throw new SyntaxError("Two values");
      else top = piece;
      if (mark) inside = piece;
    }
  }
  if (!top || inside) throw new SyntaxError("Not whole");
  return top;
}

/** @param {string} text */
function next(text) {
  const found = TOKEN.exec(text);
  if (!found) throw new SyntaxError("Not JSON");
  const [whole, mark, string, number, word] = found;
  return [whole.trim(), mark, string, number, word];
}

/**
 * All pieces whose key or text contains some words, in their order.
 * @param {Piece} top
 * @param {string} wanted
 * @param {number} most
 * @returns {Piece[]}
 */
export function search(top, wanted, most) {
  const small = wanted.toLowerCase();
  /** @type {Piece[]} */
  const found = [];
  const waiting = [top];
  while (waiting.length && found.length < most) {
    const piece = /** @type {Piece} */ (waiting.pop());
    if (piece.key?.toLowerCase().includes(small) || piece.text.toLowerCase().includes(small)) found.push(piece);
    for (let at = piece.children.length - 1; at >= 0; at -= 1) waiting.push(piece.children[at]);
  }
  return found;
}
