import { limits } from '@yaguts/shared';

/**
 * Reads the fixed header of every MQTT packet before the parser gets a byte of it, and nothing else: type,
 * remaining length, where the next packet begins. aedes has no limit on a packet, so an unfinished CONNECT
 * of 256 MiB would be kept whole.
 *
 * States: `header` → (type known) `length` → (length known) `body` → `header`. A violation is final.
 */
export type Violation = 'first_not_connect' | 'reserved_type' | 'bad_length' | 'too_large';

/** Messages a second, and how many may come at once after a quiet time. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

const connectType = 1;
const publishType = 3;

export class FrameGuard {
  violation: Violation | undefined;
  /** PUBLISH packets seen. */
  published = 0;
  #maxBytes: number = limits.preConnectFrameBytes;
  #seenConnect = false;
  /** Bytes of the current packet's body still to come; −1 while its header is being read. */
  #body = -1;
  #headerBytes = 0;
  #length = 0;
  #rate: Rate | undefined;
  #tokens = 0;
  #refilledAt = 0;

  /** CONNECT is through: packets may now be as large as `maxBytes`. */
  open(maxBytes: number): void {
    this.#maxBytes = maxBytes;
  }

  /** From now on, so many PUBLISH packets a second. */
  limit(rate: Rate, now: number): void {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#refilledAt = now;
  }

  /**
   * How many bytes of the chunk, from `start`, may go to the parser now. Fewer than all either because a
   * packet is not acceptable (then `violation` is set), or because the next PUBLISH has to wait (then
   * `waitMs` says how long).
   *
   * @param now milliseconds of any steady clock
   */
  scan(chunk: Uint8Array, start: number, now: number): number {
    let at = start;
    while (at < chunk.length && this.violation === undefined) {
      if (this.#body >= 0) {
        const take = Math.min(this.#body, chunk.length - at);
        at += take;
        this.#body -= take;
        if (this.#body === 0) this.#body = -1;
      } else if (this.#headerBytes === 0) {
        if (!this.#begin(chunk[at] as number, now)) break;
        at++;
      } else {
        this.#readLength(chunk[at++] as number);
      }
    }
    return at - start;
  }

  /** How long until one more PUBLISH may pass; 0 without a limit. */
  waitMs(now: number): number {
    if (!this.#rate) return 0;
    this.#refill(now);
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#rate.perSecond) * 1_000);
  }

  #begin(byte: number, now: number): boolean {
    const type = byte >> 4;
    if (type === 0 || type === 15) return this.#refuse('reserved_type');
    if (!this.#seenConnect && type !== connectType) return this.#refuse('first_not_connect'); // [MQTT-3.1.0-1]
    this.#seenConnect = true;
    if (type === publishType) {
      if (this.waitMs(now) > 0) return false;
      this.#tokens--;
      this.published++;
    }
    this.#headerBytes = 1;
    this.#length = 0;
    return true;
  }

  #readLength(byte: number): void {
    this.#length += (byte & 0x7f) * 128 ** (this.#headerBytes - 1);
    this.#headerBytes++;
    if (byte & 0x80) {
      if (this.#headerBytes > 4) this.#refuse('bad_length'); // section 2.2.3: at most four bytes
      return;
    }
    if (this.#headerBytes + this.#length > this.#maxBytes) {
      this.#refuse('too_large');
      return;
    }
    this.#body = this.#length === 0 ? -1 : this.#length;
    this.#headerBytes = 0;
  }

  #refuse(violation: Violation): false {
    this.violation = violation;
    return false;
  }

  #refill(now: number): void {
    if (!this.#rate) return;
    const earned = ((now - this.#refilledAt) / 1_000) * this.#rate.perSecond;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + Math.max(0, earned));
    this.#refilledAt = now;
  }
}
