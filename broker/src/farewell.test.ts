import { afterEach, expect, test } from 'vitest';
import { closed, type Running, run } from './test/harness.ts';
import { connectPacket, rawTcp, subscribePacket } from './test/raw.ts';

let it: Running;
afterEach(() => it.close());

test.each([
  ['TCP', false],
  ['WebSocket', true],
] as const)('what is published right before close() still reaches a subscriber over %s', async (_, ws) => {
  it = await run();
  const client = await it.client('ana', { ws });
  await client.subscribeAsync('yaguts/v1/_server/state', { qos: 1 });
  const heard: string[] = [];
  client.on('message', (_topic, payload) => heard.push(String(payload)));
  const gone = closed(client);
  it.broker.publish('yaguts/v1/_server/state', '{"state":"offline"}', { qos: 1, retain: true });
  await it.broker.close();
  await gone;
  expect(heard).toEqual(['{"state":"offline"}']);
});

test('a subscriber that has stopped reading does not hold up close()', async () => {
  it = await run({ limits: { slowConsumerBytes: 64 * 1_024 * 1_024 } });
  const peer = await rawTcp(it.port);
  peer.send(connectPacket({ username: 'u.ana', clientId: 'u.ana', password: 'ana' }));
  expect(await peer.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
  peer.send(subscribePacket(['yaguts/v1/demo/jobs/+/state'], 0));
  expect(await peer.next()).toMatchObject({ cmd: 'suback' });
  peer.freeze();
  const payload = Buffer.alloc(60_000, 'x');
  for (let job = 1; job <= 300; job++) {
    it.broker.publish(`yaguts/v1/demo/jobs/${job}/state`, payload, { qos: 0, retain: false });
  }
  await it.broker.close();
  expect(it.broker.counters()).toMatchObject({ connections: 0 });
  peer.destroy();
});
