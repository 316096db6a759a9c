// SPDX-License-Identifier: MIT
// The data, chunk by chunk: asked of the host, unpacked, and kept as long as there is room.

export const CONTRACT = 1;
const KEPT = 64; // chunks of details

export class Chunks {
  /** `host.read(name)` promises the compressed bytes of a chunk, or null. */
  constructor(host, number) {
    this.host = host;
    this.number = number;
    this.kept = new Map();
  }

  /** The data of a chunk; null where there is none. Asked again, the same promise is given. */
  get(name) {
    const known = this.kept.get(name);
    if (known) return known;
    const promise = this.load(name);
    this.kept.set(name, promise);
    promise.catch(() => this.kept.delete(name));
    this.forgetOldest();
    return promise;
  }

  async load(name) {
    const bytes = await this.host.read(`${this.number}-${name}`);
    return bytes === null ? null : unpack(bytes);
  }

  forgetOldest() {
    const details = [...this.kept.keys()].filter((name) => name.startsWith("details-"));
    for (const name of details.slice(0, Math.max(details.length - KEPT, 0))) this.kept.delete(name);
  }

  /** The head; it throws where the page and the data are not of one version. */
  async head() {
    const head = await this.get("head");
    if (!head || head.contract !== CONTRACT) throw new Error("the data are of another version than this page");
    return head;
  }

  /** Every byte of an exchange: {row, facts}; null where it is not in the page. */
  async details(place, head) {
    if (place < 0 || place >= head.detailed) return null;
    const chunk = await this.get(`details-${Math.floor(place / head.block)}`);
    return chunk && { row: chunk.rows[place % head.block], facts: chunk.facts };
  }
}

/** JSON out of its gzip form. */
export async function unpack(bytes) {
  return new Response(inflated(bytes)).json();
}

/** Bytes out of their gzip form, as a stream. */
export function inflated(bytes) {
  return new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
}

/** Bytes out of base64. */
export function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let place = 0; place < binary.length; place += 1) bytes[place] = binary.charCodeAt(place);
  return bytes;
}
