import { Readable } from 'node:stream';
import { FrameGuard, packetType, type Violation } from './frame-guard.ts';
import type { Pace, Paced } from './pace.ts';

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
/** Pieces of one packet that are kept apart; a drip of single bytes would cost a hundred times itself. */
const maxPieces = 64;
/** A connection over its rate is served in small portions, not with a timer per packet. */
const minPauseMs = 50;

/**
 * Stands before a stream's read buffer and lets whole packets in as guard and pace allow. What has to wait is
 * kept, never dropped: the source is told to stop, so that the socket's own window slows the sender.
 * It is no stream of its own: a second buffer per connection would be the larger part of an idle one.
 */
export class Gate {
  readonly guard: FrameGuard = new FrameGuard();
  /** How fast packets are taken; without one, as they come. */
  pace: Pace | undefined;
  /** Called when this connection begins to wait. */
  onPaced: ((kind: Paced) => void) | undefined;
  readonly #stream: Readable;
  /** The beginning of a packet, and how many bytes it has in all once that is known. */
  #pieces: Buffer[] | undefined;
  #piecesBytes = 0;
  #wanted = 0;
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
    const bytes = this.#behindPieces(chunk);
    return bytes === undefined || this.#takePackets(bytes);
  }

  get isHolding(): boolean {
    return this.#held !== undefined;
  }

  #takePackets(bytes: Buffer): boolean {
    const { guard, pace } = this;
    const now = performance.now();
    let at = 0;
    let pauseMs = 0;
    while (at < bytes.length && guard.read(bytes, at) && guard.end <= bytes.length) {
      const type = guard.first >> 4;
      if (pace) {
        pauseMs = pace.waitMs(type, now);
        if (pauseMs > 0) break;
        const isList = type === packetType.subscribe || type === packetType.unsubscribe;
        const filters = isList ? guard.countFilters(bytes) : 0;
        pace.passed(type, guard.end - at, filters);
        if (guard.violation !== undefined) break;
      }
      at = guard.end;
    }
    if (guard.violation !== undefined) {
      this.#stream.destroy(new FrameError(guard.violation));
      return false;
    }
    if (at < bytes.length) {
      if (pauseMs > 0) this.#hold(bytes.subarray(at), pauseMs);
      else this.#keepPiece(bytes.subarray(at), at);
    }
    const isOpen = at === 0 || pass.call(this.#stream, at === bytes.length ? bytes : bytes.subarray(0, at));
    return isOpen && !this.#held;
  }

  /** The chunk behind the beginning of its packet; undefined while more of that is still to come. */
  #behindPieces(chunk: Buffer): Buffer | undefined {
    const pieces = this.#pieces;
    if (!pieces) return chunk;
    pieces.push(chunk);
    this.#piecesBytes += chunk.length;
    if (this.#piecesBytes < this.#wanted) {
      if (pieces.length >= maxPieces) this.#pieces = [Buffer.concat(pieces)];
      return undefined;
    }
    this.#pieces = undefined;
    return Buffer.concat(pieces, this.#piecesBytes);
  }

  /** @param at where the piece began in what the guard has read */
  #keepPiece(piece: Buffer, at: number): void {
    this.#pieces = [piece];
    this.#piecesBytes = piece.length;
    this.#wanted = this.guard.end - at;
  }

  #hold(rest: Buffer, pauseMs: number): void {
    this.#held = [rest];
    if (this.pace) this.onPaced?.(this.pace.waitsFor);
    setTimeout(release, Math.max(minPauseMs, pauseMs), this).unref();
  }

  /** What was held goes on; called by the timer. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    let isOpen = true;
    for (const chunk of held) {
      if (this.#stream.destroyed) return;
      isOpen = this.take(chunk);
    }
    if (this.#held) return;
    if (this.#ended) pass.call(this.#stream, null);
    // Nobody else would ask the source to go on when nothing has reached the stream.
    else if (isOpen) this.#stream._read(0);
  }
}

const release = (gate: Gate): void => gate.release();
