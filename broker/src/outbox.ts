import { Duplex } from 'node:stream';

/**
 * Gathers what is written to a connection in one turn of the event loop and sends it in one piece. mqtt-packet
 * writes a PUBLISH in five pieces and corks for one packet at a time: each piece would go through a stream's
 * machinery, and each packet would be a system call of its own, over WebSocket a frame, over TLS a record.
 */
type Gathering = Duplex & { outbox?: (string | Uint8Array)[] | undefined; outboxBytes: number };

const { write: writeNow, end: endNow } = Duplex.prototype;

/** More than this is sent at once: a turn that writes a lot must not be kept twice. */
const maxGatheredBytes = 64 * 1_024;
/** A piece as large as this goes as it is, for a copy would cost more than a write. */
const wholePieceBytes = 16 * 1_024;

/** Connections that have gathered something in this turn. */
let dirty: Gathering[] = [];

/** From now on this stream sends once a turn. What it has gathered is lost when it is destroyed, as in any stream. */
export function gatherWrites(stream: Duplex): void {
  const gathering = stream as Gathering;
  gathering.outboxBytes = 0;
  // mqtt-packet corks where it can, with a callback per packet to uncork.
  Object.assign(stream, { write, end, cork: undefined });
}

/** Bytes handed to this stream that the system has not taken yet. */
export function unsentBytes(stream: Duplex): number {
  return stream.writableLength + ((stream as Gathering).outboxBytes ?? 0);
}

/** As `Writable.write`; false only where the stream itself says so. */
function write(this: Gathering, piece: string | Uint8Array, ...more: unknown[]): boolean {
  const bytes = typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length;
  if (more.length > 0 || bytes >= wholePieceBytes) {
    flush(this);
    return writeNow.apply(this, [piece, ...more] as never);
  }
  if (this.outbox === undefined) {
    this.outbox = [piece];
    if (dirty.push(this) === 1) setImmediate(flushAll);
  } else {
    this.outbox.push(piece);
  }
  this.outboxBytes += bytes;
  return this.outboxBytes < maxGatheredBytes && !this.writableNeedDrain ? true : flush(this);
}

function end(this: Gathering, ...args: unknown[]): Duplex {
  flush(this);
  return endNow.apply(this, args as never);
}

function flushAll(): void {
  const streams = dirty;
  dirty = [];
  for (const stream of streams) flush(stream);
}

function flush(stream: Gathering): boolean {
  const { outbox, outboxBytes } = stream;
  if (outbox === undefined) return !stream.writableNeedDrain;
  stream.outbox = undefined;
  stream.outboxBytes = 0;
  if (stream.destroyed) return false;
  return writeNow.apply(stream, [joined(outbox, outboxBytes)] as never);
}

function joined(pieces: readonly (string | Uint8Array)[], bytes: number): Uint8Array {
  const whole = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      at += whole.write(piece, at);
    } else if (piece.length > 4) {
      whole.set(piece, at);
      at += piece.length;
    } else {
      // Headers, lengths and packet ids: quicker by hand than by a call.
      for (let i = 0; i < piece.length; i++) whole[at++] = piece[i] as number;
    }
  }
  return whole;
}
