import { expect, test } from 'vitest';
import { seeded } from '../proof/random.ts';
import { Network, type Weather } from './network.ts';
import { type Party, Scheduler } from './scheduler.ts';
import type { VirtualSocket } from './virtual-socket.ts';

const fair: Weather = { delayMs: 20, cut: 0, split: 0 };

/** One client at one server; `during` is called when the connection stands. */
async function connection(
  seed: number,
  weather: Weather,
  during: (at: { near: VirtualSocket; network: Network; scheduler: Scheduler; client: Party }) => void,
) {
  const scheduler = new Scheduler(seeded(seed));
  const network = new Network(scheduler, seeded(seed + 1), () => undefined);
  network.weather = weather;
  const [server, client] = [scheduler.party('server'), scheduler.party('client')];
  const heard: { readonly at: number; readonly bytes: Buffer }[] = [];
  const told: string[] = [];
  const tell = (name: string, socket: VirtualSocket): void => {
    socket.on('error', (error: Error & { code?: string }) => told.push(`${name} ${error.code}`));
    socket.on('close', () => told.push(`${name} closed`));
  };
  scheduler.timer(
    () => {
      const listening = network.createServer();
      listening.on('connection', (far: VirtualSocket) => {
        tell('server', far);
        far.on('data', (bytes: Buffer) => heard.push({ at: scheduler.now, bytes }));
      });
      listening.listen({ port: 1 }, () => {});
    },
    1,
    false,
    server,
  );
  scheduler.timer(
    () => {
      const near = network.createConnection(1);
      tell('client', near);
      near.resume();
      near.on('connect', () => during({ near, network, scheduler, client }));
    },
    2,
    false,
    client,
  );
  await scheduler.run(() => false, 200_000);
  expect(scheduler.failure).toBeUndefined();
  return { heard, text: Buffer.concat(heard.map(({ bytes }) => bytes)).toString(), told, network };
}

const words = Array.from({ length: 100 }, (_, n) => `word ${n}.`);

test('bytes of one direction arrive whole and in their order, however they are delayed and split', async () => {
  for (const seed of [1, 2, 3]) {
    const { text, heard, told } = await connection(seed, { delayMs: 250, cut: 0, split: 0.6 }, ({ near }) => {
      for (const word of words) near.write(word);
    });
    expect(text).toBe(words.join(''));
    expect(heard.length).toBeGreaterThan(words.length);
    expect(told).toEqual([]);
  }
});

test('a connection that is cut is heard of at both ends; what arrived is a beginning of what was sent', async () => {
  const { text, told, network } = await connection(4, { ...fair, cut: 1 / 20 }, ({ near }) => {
    for (const word of words) near.write(word);
  });
  expect(network.cuts).toBe(1);
  expect(text.length).toBeGreaterThan(0);
  expect(text.length).toBeLessThan(words.join('').length);
  expect(words.join('').startsWith(text)).toBe(true);
  const ends = ['client ECONNRESET', 'client closed', 'server ECONNRESET', 'server closed'];
  expect(told.toSorted()).toEqual(ends);
});

test('nothing passes to or from one that is out of reach; its connection stands, and all of it comes later', async () => {
  const { heard, text, told } = await connection(5, fair, ({ near, network, scheduler, client }) => {
    network.partition(client, 30_000);
    near.write('held');
    // A world in which nothing is due has ended.
    scheduler.timer(() => {}, 60_000, false, client);
  });
  expect(text).toBe('held');
  expect(heard[0]?.at).toBeGreaterThan(30_000);
  expect(told).toEqual([]);
});

test.each([
  ['its peer hears of it', false, ['server ECONNRESET', 'server closed']],
  ['with its machine, nobody hears of it', true, []],
])('when a process ends, %s', async (_, isSilent, expected) => {
  const { told } = await connection(6, fair, ({ network, scheduler, client }) => {
    const world = scheduler.party('world');
    const end = (): void => {
      network.end(client, isSilent);
      scheduler.end(client);
    };
    scheduler.timer(end, 100, false, world);
  });
  expect(told).toEqual(expected);
});

test('where nobody listens a connection is refused', async () => {
  const scheduler = new Scheduler(seeded(1));
  const network = new Network(scheduler, seeded(2), () => undefined);
  let code: string | undefined;
  scheduler.timer(
    () =>
      void network.createConnection(9).on('error', (error: Error & { code?: string }) => {
        code = error.code;
      }),
    1,
    false,
  );
  await scheduler.run(() => code !== undefined, 1_000);
  expect(code).toBe('ECONNREFUSED');
});
