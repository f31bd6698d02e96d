import { expect, test } from 'vitest';
import { LiveClient } from './client.ts';
import { FakeLink } from './fake.ts';

const token = async () => ({ token: 't', username: 'u.ana', url: '/mqtt', expires_at: Date.now() + 300_000 });

function setUp(getToken: () => ReturnType<typeof token> = token) {
  const link = new FakeLink();
  const client = new LiveClient({
    org: 'demo',
    user: 'ana',
    link,
    token: getToken,
    origin: 'https://k.example',
  });
  const told: [string, unknown][] = [];
  for (const name of ['connected', 'disconnected', 'error', 'reconnect:failed', 'task:created']) {
    client.on(name, (data) => told.push([name, data]));
  }
  return { link, client, told };
}

test('it goes CONNECTING, OPEN, CLOSED and says so', async () => {
  const { link, client, told } = setUp();
  expect(client.getState()).toBe('CLOSED');
  await client.connect();
  expect([client.getState(), client.isConnected()]).toEqual(['OPEN', true]);
  link.lose();
  expect(client.getState()).toBe('CONNECTING');
  client.disconnect();
  expect(client.getState()).toBe('CLOSED');
  expect(told.map(([name]) => name)).toEqual(['disconnected']);
});

test('the client id is the person and a random part, the address wss of the same origin, no token in it', async () => {
  const { link, client } = setUp();
  await client.connect();
  const start = link.posted[0];
  if (start?.t !== 'start') throw new Error('no start');
  expect(start.clientId).toMatch(/^u\.ana\.[0-9a-f]{12}$/);
  expect(start.credential.url).toBe('wss://k.example/mqtt');
});

test('connected is told when the first subscription stands, and once more with the data of the welcome', async () => {
  const { link, client, told } = setUp();
  await client.connect();
  client.confirm();
  link.events(['yaguts/v1/demo/users/ana/events/connected', JSON.stringify({ data: { version: '0.3.0' } })]);
  expect(told).toEqual([
    ['connected', { org: 'demo', user: 'ana' }],
    ['connected', { version: '0.3.0' }],
  ]);
});

test('events of the org arrive by their own name until off', async () => {
  const { link, client } = setUp();
  await client.connect();
  const seen: unknown[] = [];
  const listener = (data: unknown) => seen.push(data);
  client.on('task:executed', listener);
  const event = ['yaguts/v1/demo/events/task:executed', JSON.stringify({ data: { job_id: 7 } })] as const;
  link.events(event);
  client.off('task:executed', listener);
  link.events(event);
  expect(seen).toEqual([{ job_id: 7 }]);
});

test('giving up is told with the number of tries', async () => {
  const { link, client, told } = setUp();
  await client.connect();
  link.lose('failed', 10);
  expect(told.at(-1)).toEqual(['reconnect:failed', { attempts: 10 }]);
});

test('send publishes a request and resolves with the answer of the same id, not with another tab’s', async () => {
  const { link, client } = setUp();
  await client.connect();
  const sent = client.send('jobs.create', { receita_id: 1, multiplicador: 2 });
  const posted = link.posted.at(-1);
  if (posted?.t !== 'publish') throw new Error('nothing published');
  expect(posted.topic).toBe('yaguts/v1/demo/users/ana/req/jobs.create');
  const { id, ...body } = JSON.parse(posted.payload) as { id: string };
  expect(body).toEqual({ receita_id: 1, multiplicador: 2 });
  const answer = (of: string, data: unknown) =>
    link.events(['yaguts/v1/demo/users/ana/res/jobs.create', JSON.stringify({ id: of, ok: true, data })]);
  answer('another-tab', 'wrong');
  answer(id, { job_id: 9 });
  expect(await sent).toEqual({ job_id: 9 });
});

test('a refused request rejects with its problem', async () => {
  const { link, client } = setUp();
  await client.connect();
  const sent = client.send('jobs.cancel', { id: 'k', job_id: 1 });
  await Promise.resolve();
  const problem = { code: 'terminal' };
  link.events(['yaguts/v1/demo/users/ana/res/jobs.cancel', JSON.stringify({ id: 'k', ok: false, problem })]);
  await expect(sent).rejects.toEqual(problem);
});

test('sending without a connection fails at once', async () => {
  const { link, client } = setUp();
  await client.connect();
  link.lose();
  await expect(client.send('jobs.create', {})).rejects.toThrow('not connected');
});

test('a token that cannot be had rejects connect and is told as error', async () => {
  const refused = new Error('401');
  const { client, told } = setUp(() => Promise.reject(refused));
  await expect(client.connect()).rejects.toBe(refused);
  expect(told).toEqual([['error', refused]]);
});
