import { limits } from '@yaguts/shared';

/**
 * Reads the fixed header of every MQTT packet before the parser gets a byte of it, and nothing else: type and
 * length. aedes has no limit on a packet, so an unfinished CONNECT of 256 MiB would be kept whole.
 * A violation is final.
 */
export type Violation =
  | 'first_not_connect'
  | 'reserved_type'
  | 'bad_length'
  | 'too_large'
  | 'too_many_filters';

/** Types of packets, the upper half of their first byte. */
export const packetType = {
  connect: 1,
  publish: 3,
  puback: 4,
  subscribe: 8,
  unsubscribe: 10,
  pingreq: 12,
} as const;

export class FrameGuard {
  violation: Violation | undefined;
  /**
   * Of the packet that was read last: its first byte, where its body begins, where the next packet does (where it
   * begins itself, as long as its header is not all there).
   */
  first = 0;
  bodyAt = 0;
  end = 0;
  #maxBytes: number = limits.preConnectFrameBytes;
  #maxFilters = Number.POSITIVE_INFINITY;
  #seenConnect = false;

  /** CONNECT is through: packets may now be as large as `maxBytes` and name so many filters. */
  open(maxBytes: number, maxFilters: number = Number.POSITIVE_INFINITY): void {
    this.#maxBytes = maxBytes;
    this.#maxFilters = maxFilters;
  }

  /**
   * Reads the fixed header that begins at `at`; its body need not be there yet.
   *
   * @returns false while bytes of the header are missing, and for good when the packet is not acceptable: then
   *          `violation` says why
   */
  read(bytes: Uint8Array, at: number): boolean {
    this.end = at;
    const first = bytes[at];
    if (first === undefined || this.violation !== undefined) return false;
    const type = first >> 4;
    if (type === 0 || type === 15) return this.#refuse('reserved_type');
    if (!this.#seenConnect && type !== packetType.connect) return this.#refuse('first_not_connect'); // [MQTT-3.1.0-1]
    this.#seenConnect = true;
    let length = 0;
    for (let n = 1; n <= 4; n++) {
      const byte = bytes[at + n];
      if (byte === undefined) return false;
      length += (byte & 0x7f) * 128 ** (n - 1);
      if (byte >= 0x80) continue;
      if (1 + n + length > this.#maxBytes) return this.#refuse('too_large');
      this.first = first;
      this.bodyAt = at + 1 + n;
      this.end = this.bodyAt + length;
      return true;
    }
    return this.#refuse('bad_length'); // section 2.2.3: at most four bytes
  }

  /** How many filters the SUBSCRIBE or UNSUBSCRIBE names that was read last, all of its bytes being there. */
  countFilters(bytes: Uint8Array): number {
    const afterFilter = this.first >> 4 === packetType.subscribe ? 1 : 0;
    let count = 0;
    // Behind the packet id; a list that is cut short is the parser's to refuse.
    for (let at = this.bodyAt + 2; at + 2 <= this.end; count++) {
      at += 2 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number)) + afterFilter;
    }
    if (count > this.#maxFilters) this.#refuse('too_many_filters');
    return count;
  }

  #refuse(violation: Violation): false {
    this.violation = violation;
    return false;
  }
}
