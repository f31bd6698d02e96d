import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/**
 * Time, chance and sockets of this process, put under the hand of a world while one is entered; real otherwise.
 * To be imported before anything that keeps a reference to a timer of its own (mqtt.js does). Only for a process
 * that does nothing else: `npm run seeds`.
 *
 * `process.nextTick` and promises stay real: what they queue is run to its end between two steps of the world,
 * always in the same order.
 */
export interface World {
  /** Milliseconds since the world began. */
  elapsed(): number;
  /** Epoch milliseconds. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  bytes(count: number): Buffer;
  timer(run: () => void, ms: number, repeats: boolean): Timer;
  immediate(run: () => void): Timer;
  createServer(): net.Server;
  createConnection(port: number): net.Socket;
}
export interface Timer {
  cancel(): void;
  /** From now on it runs as if it had just been set. */
  refresh(): void;
}

let world: World | undefined;

/** From here on this process lives in a world; `undefined`: in the real one again. */
export function enter(entered: World | undefined): void {
  world = entered;
}

/** The real one, which drives the world. */
export const realImmediate: typeof setImmediate = globalThis.setImmediate;

/** What `setTimeout` and its kin answer; whoever unrefs it changes nothing, for a world ends when its story does. */
class Handle {
  readonly timer: Timer;
  constructor(timer: Timer) {
    this.timer = timer;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
  refresh(): this {
    this.timer.refresh();
    return this;
  }
}

type Callback = (...args: unknown[]) => void;
type AnyFunction = (...args: never[]) => unknown;

/** Puts a function in the place of another, which is called outside of worlds. */
function replace(owner: object, name: string, make: (real: AnyFunction) => AnyFunction): void {
  const at = owner as Record<string, AnyFunction>;
  at[name] = Object.assign(make(at[name] as AnyFunction), at[name]);
}

const timers = (repeats: boolean) => (real: AnyFunction) =>
  ((run: Callback, ms = 0, ...args: unknown[]) =>
    world
      ? new Handle(world.timer(() => run(...args), Math.max(1, Math.ceil(Number(ms) || 0)), repeats))
      : (real as Callback)(run, ms, ...args)) as AnyFunction;
const clears = (real: AnyFunction) =>
  ((handle: unknown) => {
    if (handle instanceof Handle) handle.timer.cancel();
    else (real as Callback)(handle);
  }) as AnyFunction;

replace(globalThis, 'setTimeout', timers(false));
replace(globalThis, 'setInterval', timers(true));
replace(
  globalThis,
  'setImmediate',
  (real) =>
    ((run: Callback, ...args: unknown[]) =>
      world
        ? new Handle(world.immediate(() => run(...args)))
        : (real as Callback)(run, ...args)) as AnyFunction,
);
for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) replace(globalThis, name, clears);
replace(Date, 'now', (real) => () => (world ? world.now() : real()));
replace(performance, 'now', (real) => {
  const bound = real.bind(performance);
  return () => (world ? world.elapsed() : bound());
});
replace(Math, 'random', (real) => () => (world ? world.random() : real()));
replace(
  crypto,
  'randomBytes',
  (real) =>
    ((count: number, ...rest: unknown[]) =>
      world ? world.bytes(count) : (real as Callback)(count, ...rest)) as AnyFunction,
);
replace(
  crypto,
  'randomUUID',
  (real) =>
    ((...args: unknown[]) => (world ? uuidOf(world.bytes(16)) : (real as Callback)(...args))) as AnyFunction,
);
replace(
  net,
  'createServer',
  (real) =>
    ((...args: unknown[]) => (world ? world.createServer() : (real as Callback)(...args))) as AnyFunction,
);
replace(
  net,
  'createConnection',
  (real) =>
    ((...args: unknown[]) =>
      world
        ? world.createConnection((args[0] as { port: number }).port)
        : (real as Callback)(...args)) as AnyFunction,
);
// Named imports of these modules see the replacements from here on.
syncBuiltinESMExports();

function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-');
}
