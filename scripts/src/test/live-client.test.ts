import { createLiveClient } from '@yaguts/web/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openHouse, type TestHouse } from './fixture.ts';
import { addPerson, owner } from './people.ts';

// The client surface on its own, in Node, against the real platform. Its schedule of reconnects is in
// web/src/live/engine.test.ts, on a clock that is held.

let house: TestHouse;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

test('it connects, is welcomed, hears events by their name, sends and is answered, and disconnects', async () => {
  const ana = owner(house);
  const live = await createLiveClient({ origin: house.running.origin, token: ana.token });
  expect([live.isConnected(), live.getState()]).toEqual([false, 'CLOSED']);
  const welcome = new Promise<object>((resolve) =>
    live.on<object>('connected', (data) => 'version' in data && resolve(data)),
  );
  await live.connect();
  expect(live.getState()).toBe('CONNECTING');
  expect(await welcome).toMatchObject({ org: 'demo', user: 'ana' });
  expect([live.isConnected(), live.getState()]).toEqual([true, 'OPEN']);

  const told = new Promise((resolve) => live.on('pedido:novo', resolve));
  const silenced = vi.fn();
  live.on('pedido:novo', silenced).off('pedido:novo', silenced);
  await live.send('events.send', { type: 'pedido:novo', data: { mesa: 4 } });
  expect(await told).toEqual({ mesa: 4 });
  expect(silenced).not.toHaveBeenCalled();
  await expect(live.send('events.send', { type: 'task:created', data: {} })).rejects.toMatchObject({
    code: 'invalid',
  });

  const gone = new Promise((resolve) => live.on('disconnected', resolve));
  live.disconnect();
  await gone;
  expect([live.isConnected(), live.getState()]).toEqual([false, 'CLOSED']);
});

test('after disconnect() it stays away, also when told to try; connect() brings it back', async () => {
  const { client, heard } = await owner(house).live();
  const states: string[] = [];
  client.on<{ state: string }>('link', ({ state }) => states.push(state));
  const gone = new Promise((resolve) => client.on('disconnected', resolve));
  client.disconnect();
  await gone;
  client.retry();
  await new Promise((resolve) => setImmediate(resolve));
  expect(states).toEqual(['closed']);
  const welcomes = heard.filter(({ type }) => type === 'connected').length;
  const back = new Promise<void>((resolve) => client.on('connected', () => resolve()));
  await client.connect();
  await back;
  expect(heard.filter(({ type }) => type === 'connected').length).toBeGreaterThan(welcomes);
  client.disconnect();
});

test('a broken connection is told and comes back by itself with its subscriptions', async () => {
  const { client, next } = await (await addPerson(house, 'eva', 'operador')).live();
  const gone = new Promise((resolve) => client.on('disconnected', resolve));
  house.running.broker?.disconnect((principal) => principal.kind === 'user' && principal.user === 'eva');
  await gone;
  expect(client.getState()).toBe('CONNECTING');
  const back = new Promise<void>((resolve) => client.on('connected', () => resolve()));
  // At once instead of after the three seconds of the first wait: what the page does on `online`.
  client.retry();
  await back;
  await house.api.call('POST', '/api/events', { type: 'pedido:novo', data: { mesa: 5 } });
  expect(await next('pedido:novo')).toEqual({ mesa: 5 });
  client.disconnect();
});

test('a token that is not valid makes no client; one revoked meanwhile is told as an error', async () => {
  const { origin } = house.running;
  await expect(createLiveClient({ origin, token: 'ygt_nothing' })).rejects.toThrow('401');
  const made = await house.api.call<{ id: string; token: string }>('POST', '/api/tokens', { nome: 'x' });
  const live = await createLiveClient({ origin, token: made.token });
  const welcome = new Promise<void>((resolve) => live.on('connected', () => resolve()));
  await live.connect();
  await welcome;
  const refused = new Promise<Error>((resolve) => live.on('error', resolve));
  const gone = new Promise((resolve) => live.on('disconnected', resolve));
  await house.api.call('DELETE', `/api/tokens/${made.id}`);
  await gone;
  live.retry();
  expect(String(await refused)).toContain('401');
  live.disconnect();
});
