import { topicRoot } from '@yaguts/shared';
import mqtt, { type IClientOptions } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoOrg } from '../demo/kitchen.ts';
import { openHouse, type TestHouse } from './fixture.ts';
import type { HandBoard } from './hand-board.ts';

// What a board must not say, or not so. Reports of a job are in reports.test.ts; here is everything around.

let house: TestHouse;
let bystander: HandBoard;
let drops = 0;
beforeAll(async () => {
  house = await openHouse();
  bystander = await house.board(house.kitchen.pouring);
  bystander.client.on('close', () => drops++);
});
afterAll(async () => {
  // Whatever one board did, the other kept its connection and is still served.
  expect(drops).toBe(0);
  const { job_id } = await house.order();
  await bystander.finish(await bystander.start(job_id));
  await house.close();
});

const own = `${topicRoot}/${demoOrg}/devices/mao`;
const closed = (board: HandBoard) =>
  new Promise<void>((resolve) => board.client.once('close', () => resolve()));

interface Aside {
  readonly device: string;
  readonly topic: string;
  readonly code: string;
  readonly inicio: string;
}
async function asides(name: string): Promise<Aside[]> {
  const { rows } = await house.api.call<{ rows: Aside[] }>('GET', '/api/rejected-messages');
  return rows.filter((row) => row.topic === name);
}

const rows: readonly [string, boolean][] = [
  ['birth', true],
  ['presence', true],
  ['config/reported', true],
  ['jobs/77/start', false],
  ['jobs/77/rejected', false],
  ['jobs/77/log/1', true],
  ['jobs/77/complete', true],
  ['jobs/77/cancel/accepted', false],
  ['cmd/pause/rejected', false],
];

test.each(rows)(
  'rubbish on %s is kept for a person to see, and the connection goes on',
  async (row, retain) => {
    const board = await house.board();
    const rubbish = ['{"v":1', '"text"', '{"seq":"one","state":7}', Buffer.from([0xc3, 0x28])];
    for (const payload of rubbish) await board.sayRaw(`${own}/${row}`, payload, retain);
    const kept = await asides(`${own}/${row}`);
    expect(kept).toHaveLength(rubbish.length);
    for (const aside of kept) expect(aside).toMatchObject({ device: 'mao', code: 'ilegivel' });
    expect(kept.map(({ inicio }) => inicio)).toContain('{"v":1');
    const { job_id } = await house.order({ device: 'mao' });
    await board.finish(await board.start(job_id));
    await board.close();
  },
);

test.each([
  ["another device's topic", `${topicRoot}/${demoOrg}/devices/cozinha/jobs/1/log/1`],
  ["another org's topic", `${topicRoot}/outra/devices/mao/jobs/1/log/1`],
  ['what only the api says', `${own}/jobs/1/ack`],
  ['an item out of range', `${own}/jobs/1/log/25`],
  ['item 0', `${own}/jobs/1/log/0`],
  ['a job that is no number', `${own}/jobs/abc/log/1`],
  ['a job with a sign', `${own}/jobs/-1/log/1`],
  ['a topic of no row', `${own}/segredo`],
  ['a topic of too many levels', `${own}/jobs/1/log/1/2/3/4`],
  ['a wildcard', `${own}/jobs/+/log/1`],
])('a publish on %s closes the connection, changes nothing and leaves others alone', async (_, name) => {
  const board = await house.board();
  const before = await house.api.call('GET', '/api/rejected-messages');
  const gone = closed(board);
  board.client.publish(name, '{}', { qos: 1 });
  await gone;
  expect(await house.api.call('GET', '/api/rejected-messages')).toEqual(before);
});

test('a payload of 70 KiB closes the connection; one of 60 KiB is kept aside, its beginning only', async () => {
  const board = await house.board();
  const gone = closed(board);
  board.client.publish(`${own}/jobs/78/log/1`, Buffer.alloc(70 * 1_024, 'x'), { qos: 1, retain: true });
  await gone;
  const again = await house.board();
  await again.sayRaw(`${own}/jobs/78/log/1`, Buffer.alloc(60 * 1_024, 'y'));
  const kept = await asides(`${own}/jobs/78/log/1`);
  expect(kept).toMatchObject([{ code: 'ilegivel', tamanho: 60 * 1_024, inicio: 'y'.repeat(1_024) }]);
  await again.close();
});

test.each<[string, (known: { username: string; password: string }) => IClientOptions]>([
  ['a wrong password', ({ username }) => ({ username, clientId: username, password: 'x' })],
  ['no password', ({ username }) => ({ username, clientId: username })],
  ["another's client id", (known) => ({ ...known, clientId: 'demo.cozinha' })],
  ['a plus in its name', ({ password }) => ({ username: 'demo.+', clientId: 'demo.+', password })],
  ['a slash in its name', ({ password }) => ({ username: 'demo/mao', clientId: 'demo/mao', password })],
  ['a hash in its name', ({ password }) => ({ username: 'demo.#', clientId: 'demo.#', password })],
])('a CONNECT with %s is refused', async (_, options) => {
  const { username, password } = house.kitchen.idle;
  const attempt = mqtt.connectAsync(
    house.mqttUrl,
    { protocolVersion: 4, reconnectPeriod: 0, ...options({ username, password }) },
    false,
  );
  await expect(attempt).rejects.toThrow(/authorized|user name|password|identifier/i);
});

test.each([
  '#',
  `${topicRoot}/#`,
  `${own}/#`,
  `${topicRoot}/${demoOrg}/devices/cozinha/jobs/next`,
  '$SYS/#',
  '$share/x/#',
])('a board is not granted %s', async (filter) => {
  const board = await house.board();
  const granted = await board.client.subscribeAsync(filter, { qos: 1 }).then(
    (grants) => grants.map(({ qos }) => qos as number),
    () => [128],
  );
  expect(granted).toEqual([128]);
  await board.close();
});
