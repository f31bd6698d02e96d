import { EventEmitter } from 'node:events';
import { Duplex } from 'node:stream';

/** What a socket tells the network under it. */
export interface Wire {
  sent(bytes: Buffer): void;
  /** Our side has ended, or was destroyed: nothing more will be sent, or read. */
  ended(isDestroyed: boolean): void;
}

/** One end of a connection, as `net.Socket` shows itself to the rooms; the network pushes what arrives. */
export class VirtualSocket extends Duplex {
  readonly remoteAddress: string;
  #wire: Wire | undefined;
  /** What was written before there was a connection. */
  #early: (() => void) | undefined;

  constructor(remoteAddress: string) {
    super({ allowHalfOpen: false });
    this.remoteAddress = remoteAddress;
  }

  override _read(): void {}

  /** The connection stands. */
  attach(wire: Wire): void {
    this.#wire = wire;
    this.#early?.();
    this.#early = undefined;
  }

  /** Whoever owns this end is gone: what it still does reaches nobody. */
  detach(): void {
    this.#wire = undefined;
  }

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    const write = (): void => {
      this.#wire?.sent(bytes);
      done();
    };
    if (this.#wire || this.destroyed) write();
    else this.#early = write;
  }

  /** What was written together travels together, as with a socket that was corked. */
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), '', done);
  }

  override _final(done: () => void): void {
    this.#wire?.ended(false);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#wire?.ended(true);
    this.#wire = undefined;
    done(error);
  }

  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
}

/** A server that the network knows by its port; it has no port of the machine. */
export class VirtualServer extends EventEmitter {
  readonly #listening: (server: VirtualServer, port: number) => void;
  #port = 0;

  constructor(listening: (server: VirtualServer, port: number) => void) {
    super();
    this.#listening = listening;
  }

  listen({ port }: { port: number }, done: () => void): this {
    this.#port = port;
    this.#listening(this, port);
    process.nextTick(done);
    return this;
  }

  address(): { port: number } {
    return { port: this.#port };
  }

  close(done?: () => void): this {
    if (done) process.nextTick(done);
    return this;
  }
}
