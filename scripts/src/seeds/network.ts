import { crc32 } from 'node:zlib';
import type { Random } from '../proof/random.ts';
import type { Lane, Party, Scheduler } from './scheduler.ts';
import { VirtualServer, VirtualSocket } from './virtual-socket.ts';

/** How bad the network is; all of it ends with {@link Network.heal}. */
export interface Weather {
  /** Longest that a portion of bytes travels, ms. */
  readonly delayMs: number;
  /** Chance that the connection is cut after a portion. */
  readonly cut: number;
  /** Chance that a portion is split at a random byte, its rest coming later. */
  readonly split: number;
}
const fair: Weather = { delayMs: 20, cut: 0, split: 0 };

/** Told of every portion that arrives, in order. */
export interface Tap {
  up(bytes: Buffer): void;
  down(bytes: Buffer): void;
}

const connectMs = 5;
/** As long as the firmware's: a SYN into nothing. */
const noAnswerMs = 5_000;

/**
 * The network of a world: connections between parties whose bytes are delayed, split, cut off and held back.
 * Bytes of one direction keep their order, as TCP's do; those of different connections do not.
 */
export class Network {
  cuts = 0;
  weather: Weather = fair;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #tapOf: (client: Party) => Tap | undefined;
  readonly #servers = new Map<number, { server: VirtualServer; party: Party }>();
  readonly #connections = new Set<Connection>();
  /** Parties out of reach, and until when. */
  readonly #partitions = new Map<Party, number>();

  constructor(scheduler: Scheduler, random: Random, tapOf: (client: Party) => Tap | undefined) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#tapOf = tapOf;
  }

  createServer(): VirtualServer {
    return new VirtualServer((server, port) => {
      this.#servers.set(port, { server, party: this.#scheduler.current });
    });
  }

  createConnection(port: number): VirtualSocket {
    const client = this.#scheduler.current;
    const socket = new VirtualSocket('platform');
    const away = this.isAway(client);
    this.#scheduler.timer(() => this.#connect(socket, client, port), away ? noAnswerMs : connectMs, false);
    return socket;
  }

  isAway(party: Party): boolean {
    return (this.#partitions.get(party) ?? 0) > this.#scheduler.now;
  }

  /** Nothing of a party goes out or comes in for so long; its connections stand and hear nothing. */
  partition(party: Party, ms: number): void {
    this.#partitions.set(party, this.#scheduler.now + ms);
    this.#scheduler.trace(`network: ${party.name} away for ${ms} ms`);
  }

  heal(): void {
    this.weather = fair;
    this.#partitions.clear();
  }

  /**
   * The process of a party is gone. Of what it had sent, some may still arrive.
   *
   * @param isSilent the machine lost power with it: nobody tells its peers
   */
  end(party: Party, isSilent: boolean): void {
    for (const [port, { party: of }] of this.#servers) if (of === party) this.#servers.delete(port);
    for (const connection of this.#connections) connection.abandon(party, isSilent);
  }

  #connect(socket: VirtualSocket, client: Party, port: number): void {
    const at = this.#servers.get(port);
    if (socket.destroyed) return;
    if (!at || this.isAway(client)) {
      socket.destroy(Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' }));
      return;
    }
    const accepted = new VirtualSocket(client.name);
    const tap = this.#tapOf(client);
    const connection = new Connection(this, this.#scheduler, this.#random, {
      ...{ client, server: at.party, near: socket, far: accepted },
      ...(tap && { tap }),
      closed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    const accept = (): void => {
      at.server.emit('connection', accepted);
      connection.open();
    };
    this.#scheduler.timer(accept, 1, false, at.party);
    socket.emit('connect');
  }
}

interface Ends {
  readonly client: Party;
  readonly server: Party;
  readonly near: VirtualSocket;
  readonly far: VirtualSocket;
  readonly tap?: Tap;
  closed(): void;
}

/** Both directions of one connection. */
class Connection {
  readonly #network: Network;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #ends: Ends;
  readonly #up: Pipe;
  readonly #down: Pipe;

  constructor(network: Network, scheduler: Scheduler, random: Random, ends: Ends) {
    const { client, server, near, far, tap } = ends;
    this.#network = network;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#ends = ends;
    const pipe = (
      from: Party,
      to: Party,
      socket: VirtualSocket,
      heard: ((bytes: Buffer) => void) | undefined,
    ) =>
      new Pipe(`${from.name}→${to.name}`, to, socket, {
        now: () => scheduler.now,
        delay: () => random.between(0, network.weather.delayMs),
        isHeld: () => network.isAway(client),
        split: (length) =>
          length > 1 && random.chance(network.weather.split) ? random.between(1, length - 1) : length,
        heard: (bytes) => {
          heard?.(bytes);
          if (random.chance(network.weather.cut)) this.#cut();
        },
      });
    this.#up = pipe(client, server, far, tap && ((bytes) => tap.up(bytes)));
    this.#down = pipe(server, client, near, tap && ((bytes) => tap.down(bytes)));
    near.attach(this.#wire(this.#up, this.#down));
    far.attach(this.#wire(this.#down, this.#up));
  }

  /** Accepted: before that nothing moves, for nobody would be there to hear it. */
  open(): void {
    for (const pipe of [this.#up, this.#down]) if (!pipe.isDropped) this.#scheduler.add(pipe);
  }

  #wire(out: Pipe, back: Pipe) {
    return {
      sent: (bytes: Buffer) => out.send(bytes),
      ended: (isDestroyed: boolean) => {
        out.finish(isDestroyed ? 'reset' : 'end');
        if (isDestroyed) this.#drop(back);
        if (this.#up.isDropped && this.#down.isDropped) this.#ends.closed();
      },
    };
  }

  #drop(pipe: Pipe): void {
    pipe.isDropped = true;
    this.#scheduler.remove(pipe);
  }

  /** Somewhere on the way the connection breaks: both ends hear of it, and what was under way is lost. */
  #cut(): void {
    // Cut once: a second one would lose what tells the ends of the first.
    if (this.#up.isClosed || this.#down.isClosed) return;
    this.#network.cuts++;
    for (const pipe of [this.#up, this.#down]) {
      pipe.loseSome(this.#random.next());
      pipe.finish('reset');
    }
  }

  abandon(party: Party, isSilent: boolean): void {
    const { client, server } = this.#ends;
    if (party !== client && party !== server) return;
    const [out, back] = party === client ? [this.#up, this.#down] : [this.#down, this.#up];
    this.#drop(back);
    out.loseSome(this.#random.next());
    if (isSilent) out.isClosed = true;
    else out.finish('reset');
    if (!out.isDropped) this.#scheduler.add(out);
    (party === client ? this.#ends.near : this.#ends.far).detach();
    this.#ends.closed();
  }
}

interface Road {
  now(): number;
  delay(): number;
  isHeld(): boolean;
  split(length: number): number;
  heard(bytes: Buffer): void;
}
type Ending = 'end' | 'reset';

/** Bytes of one direction, in their order. */
class Pipe implements Lane {
  readonly name: string;
  readonly party: Party;
  /** Nobody reads here any more. */
  isDropped = false;
  /** Nothing more is taken. */
  isClosed = false;
  readonly #socket: VirtualSocket;
  readonly #road: Road;
  readonly #queue: { at: number; what: Buffer | Ending }[] = [];

  constructor(name: string, party: Party, socket: VirtualSocket, road: Road) {
    this.name = name;
    this.party = party;
    this.#socket = socket;
    this.#road = road;
  }

  send(bytes: Buffer): void {
    if (!this.isClosed && !this.isDropped) this.#put(Buffer.from(bytes));
  }

  finish(how: Ending): void {
    if (this.isClosed || this.isDropped) return;
    this.#put(how);
    this.isClosed = how === 'reset';
  }

  /** @param share of what is under way that still arrives */
  loseSome(share: number): void {
    const total = this.#queue.reduce(
      (sum, { what }) => sum + (typeof what === 'string' ? 0 : what.length),
      0,
    );
    let left = Math.floor(total * share);
    const kept = this.#queue.splice(0);
    for (const { at, what } of kept) {
      if (typeof what === 'string' || left === 0) return;
      const part = what.subarray(0, left);
      left -= part.length;
      this.#queue.push({ at, what: part });
    }
  }

  #put(what: Buffer | Ending): void {
    const earliest = this.#queue.at(-1)?.at ?? 0;
    this.#queue.push({ at: Math.max(earliest, this.#road.now() + this.#road.delay()), what });
  }

  dueAt(): number | undefined {
    return this.#road.isHeld() ? undefined : this.#queue[0]?.at;
  }

  step(): string {
    const next = this.#queue.shift();
    if (!next) return '';
    const { what } = next;
    if (what === 'reset') {
      this.#socket.destroy(Object.assign(new Error('connection reset'), { code: 'ECONNRESET' }));
      return what;
    }
    if (what === 'end') {
      this.#socket.push(null);
      return what;
    }
    const length = this.#road.split(what.length);
    if (length < what.length) {
      this.#queue.unshift({ at: this.#road.now() + this.#road.delay(), what: what.subarray(length) });
    }
    const bytes = what.subarray(0, length);
    this.#road.heard(bytes);
    this.#socket.push(bytes);
    return `${length} bytes ${crc32(bytes)}`;
  }
}
