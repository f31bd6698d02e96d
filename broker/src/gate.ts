import { Readable } from 'node:stream';
import { FrameGuard, type Violation } from './frame-guard.ts';

/** Why a connection was closed below MQTT. */
export class FrameError extends Error {
  readonly violation: Violation | 'text_frame';
  constructor(violation: Violation | 'text_frame') {
    super(`frame refused: ${violation}`);
    this.violation = violation;
  }
}

/** `Readable.push`, past the gate: bytes that the guard has seen. */
const pass = Readable.prototype.push;

/**
 * Stands before a stream's read buffer and lets bytes in as the frame guard allows. What has to wait is
 * kept, never dropped: the source is told to stop, so that the socket's own window slows the sender.
 * It is no stream of its own: a second buffer per connection would be the larger part of an idle one.
 */
export class Gate {
  readonly guard: FrameGuard = new FrameGuard();
  readonly #stream: Readable;
  #held: Buffer[] | undefined;
  #ended = false;

  constructor(stream: Readable) {
    this.#stream = stream;
  }

  /**
   * Takes what arrived, null for the end. False tells the source to stop reading; the stream asks again by
   * `_read`. A violation destroys the stream with a FrameError.
   */
  take(chunk: Buffer | null): boolean {
    if (this.#held) {
      if (chunk === null) this.#ended = true;
      else this.#held.push(chunk);
      return false;
    }
    if (chunk === null) return pass.call(this.#stream, null);
    const length = this.guard.scan(chunk, 0, performance.now());
    if (this.guard.violation !== undefined) {
      this.#stream.destroy(new FrameError(this.guard.violation));
      return false;
    }
    if (length === chunk.length) return pass.call(this.#stream, chunk);
    this.#hold(chunk.subarray(length));
    if (length > 0) pass.call(this.#stream, chunk.subarray(0, length));
    return false;
  }

  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  #hold(rest: Buffer): void {
    this.#held = [rest];
    // At least 50 ms: a device over its rate is served in small portions, not with a timer per message.
    setTimeout(release, Math.max(50, this.guard.waitMs(performance.now())), this).unref();
  }

  /** What was held goes on; called by the timer. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const chunk of held) {
      if (this.#stream.destroyed) return;
      this.take(chunk);
    }
    if (this.#ended && !this.#held) pass.call(this.#stream, null);
  }
}

const release = (gate: Gate): void => gate.release();
