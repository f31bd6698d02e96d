import { topicFilter } from '@yaguts/shared';
import { createLiveClient, type LiveClient } from '@yaguts/web/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openHouse, type TestHouse } from './fixture.ts';
import { addOrg, addPerson, type TestPerson } from './people.ts';

// The floor of the live picture: fifty browsers on one job. Every one sees every entry, nobody else sees any,
// and the count of who is there is exact.

const watchers = 50;
const perPerson = 17;

let house: TestHouse;
let ana: TestPerson;
const open: LiveClient[] = [];
beforeAll(async () => {
  house = await openHouse();
  ana = await addPerson(house, 'ana-dois', 'operador');
});
afterAll(async () => {
  for (const client of open) client.disconnect();
  await house.close();
});

/** What one browser has heard of jobs: the items of entries, in order, and whether the job is complete. */
interface Seen {
  readonly topics: Set<string>;
  readonly itens: number[];
  readonly complete: Promise<void>;
}

async function browse({ token, org }: TestPerson): Promise<Seen> {
  const filters = [topicFilter('jobEvents', { org }), topicFilter('jobState', { org })];
  const client = await createLiveClient({ origin: house.running.origin, token, filters });
  open.push(client);
  const topics = new Set<string>();
  const itens: number[] = [];
  let done = (): void => {};
  const complete = new Promise<void>((resolve) => (done = resolve));
  client.on<{ events: [string, string][]; states: [string, string][] }>('batch', ({ events, states }) => {
    for (const [topic] of states) topics.add(topic);
    for (const [topic, payload] of events) {
      topics.add(topic);
      const { type, data } = JSON.parse(payload) as { type: string; data: { item_ordem: number } };
      if (type === 'execution_log_entry') itens.push(data.item_ordem);
      if (type === 'execution_complete') done();
    }
  });
  const ready = new Promise<void>((resolve) => client.on('connected', () => resolve()));
  await client.connect();
  await ready;
  return { topics, itens, complete };
}

const stats = () =>
  house.api.call<{
    totalClients: number;
    organizationsConnected: number;
    clientsByOrg: Record<string, number>;
  }>('GET', '/api/websocket/stats');

test('fifty browsers on one job each see every entry once; a neighbour sees none; the stats are exact', async () => {
  // One person may hold twenty connections, so the fifty are three people.
  const people = [
    ana,
    await addPerson(house, 'bia', 'leitor'),
    await addPerson(house, 'caio', 'solicitante'),
  ];
  const zeca = await addOrg(house, 'vizinha', 'zeca');
  expect(await stats()).toEqual({ totalClients: 0, organizationsConnected: 0, clientsByOrg: {} });
  const seen = await Promise.all(
    Array.from({ length: watchers }, (_, n) => browse(people[Math.floor(n / perPerson)] as TestPerson)),
  );
  const neighbour = await browse(zeca);
  expect(await stats()).toEqual({
    ...{ totalClients: watchers + 1, organizationsConnected: 2 },
    clientsByOrg: { demo: watchers, vizinha: 1 },
  });

  const board = await house.board();
  const { job_id } = await house.order({ device: 'mao' });
  const job = await board.start(job_id);
  await board.finish(job);
  await Promise.all(seen.map(({ complete }) => complete));
  for (const { itens, topics } of seen) {
    expect([...itens].sort()).toEqual([1, 2, 3, 4]);
    expect([...topics].every((topic) => topic.startsWith('yaguts/v1/demo/'))).toBe(true);
  }

  // A job of the neighbour's own comes through to the neighbour alone, after all that could have leaked.
  await zeca.api.call('POST', '/api/events', { type: 'pedido:novo', data: { mesa: 1 } });
  expect([...neighbour.topics].filter((topic) => topic.includes('/demo/'))).toEqual([]);
  expect(neighbour.itens).toEqual([]);

  const left = new Promise<void>((resolve) => {
    let waiting = open.length;
    for (const client of open) client.on('disconnected', () => --waiting === 0 && resolve());
  });
  for (const client of open) client.disconnect();
  await left;
  // Asked until it is so: the broker sees each end after the client does, on a busy machine much later.
  await vi.waitFor(
    async () =>
      expect(await stats()).toEqual({ totalClients: 0, organizationsConnected: 0, clientsByOrg: {} }),
    { timeout: 60_000 },
  );
});
