import { afterEach, beforeEach, expect, test } from 'vitest';
import { closed, listen, type Running, run, until } from './test/harness.ts';
import { connectPacket, publishPacket, rawTcp, subscribePacket } from './test/raw.ts';

let it: Running;
beforeEach(async () => {
  it = await run();
});
afterEach(() => it.close());

const mao = 'yaguts/v1/demo/devices/mao';
const entryTopic = `${mao}/jobs/7/log/1`;
const retained = { qos: 1, retain: true } as const;
const once = { qos: 1, retain: false } as const;

test.each([
  ["another device's row", 'yaguts/v1/demo/devices/pe/telemetry', { qos: 0 }],
  ['a row of the api', `${mao}/jobs/next`, retained],
  ['a topic that is none of ours', 'somewhere/else', { qos: 0 }],
  ['a topic of $SYS', '$SYS/broker/load', { qos: 0 }],
  ['a tick with QoS 1', `${mao}/telemetry`, once],
  ['a tick that is retained', `${mao}/telemetry`, { qos: 0, retain: true }],
  ['its birth without retain', `${mao}/birth`, once],
  ['an answer that is retained', `${mao}/cmd/stop/accepted`, retained],
  ['an entry with QoS 2', entryTopic, { qos: 2, retain: true }],
] as const)('a device that publishes %s is cut off, and nobody hears it', async (_what, topic, options) => {
  const ana = await it.client('ana');
  await ana.subscribeAsync('yaguts/v1/demo/#', { qos: 1 });
  const heard = listen(ana);
  const client = await it.client('mao');
  const gone = closed(client);
  client.publish(topic, '{}', options);
  await gone;
  expect(
    Object.entries(it.broker.counters()).some(([name, n]) => /^refused_publish_/.test(name) && n === 1),
  ).toBe(true);
  const refusal = it.events.find(({ event }) => event === 'publish_refused');
  expect(refusal?.fields).toMatchObject({ topic, client_id: 'demo.mao' });
  // What comes after it is heard, so it was not merely late.
  it.broker.publish('yaguts/v1/demo/events/task:created', '{}', once);
  await heard.next();
  expect(heard.seen.map((message) => message.topic)).toEqual(['yaguts/v1/demo/events/task:created']);
});

test('no log line holds a payload or a password', async () => {
  const client = await it.client('mao');
  client.publish('somewhere/else', 'segredo-no-payload');
  await closed(client);
  await it.client('mao', { password: 'senha-errada' }).catch(() => {});
  const lines = JSON.stringify(it.events);
  expect(lines).toContain('connect_refused');
  expect(lines).not.toMatch(/segredo|senha/);
});

test.each([
  ['the whole org, as a device', 'mao', 'yaguts/v1/demo/#'],
  ["another device's jobs, as a device", 'mao', 'yaguts/v1/demo/devices/pe/jobs/next'],
  ['another org', 'ana', 'yaguts/v1/outra/#'],
  ['every org', 'ana', 'yaguts/v1/+/jobs/+/state'],
  ['everything', 'ana', '#'],
  ['the statistics of the broker', 'ana', '$SYS/#'],
  ['a shared subscription', 'ana', '$share/g/yaguts/v1/demo/events/+'],
  ["another person's messages", 'ana', 'yaguts/v1/demo/users/bia/#'],
  ['everything of the org, as a leitor', 'bia', 'yaguts/v1/demo/#'],
  ['the telemetry, as a leitor', 'bia', 'yaguts/v1/demo/devices/+/telemetry'],
] as const)('a filter for %s is refused with 0x80 and the connection stays', async (_what, who, filter) => {
  const client = await it.client(who);
  await expect(client.subscribeAsync(filter, { qos: 1 })).rejects.toThrow(/Unspecified error|128/);
  expect(client.connected).toBe(true);
  expect(it.broker.counters().refused_subscribe_rights).toBe(1);
});

test('of several filters in one SUBSCRIBE only the allowed ones are granted, at QoS 1 at most', async () => {
  const peer = await rawTcp(it.port);
  peer.send(connectPacket());
  await peer.next();
  peer.send(subscribePacket([`${mao}/jobs/next`, 'yaguts/v1/demo/#', `${mao}/cmd/+`], 2));
  expect(await peer.next()).toMatchObject({ cmd: 'suback', granted: [1, 128, 1] });
  peer.destroy();
});

test("a wide filter never delivers another person's messages, live or retained", async () => {
  it.broker.publish('yaguts/v1/demo/users/bia/badge', '{"permission_pending":1}', retained);
  it.broker.publish('yaguts/v1/demo/users/ana/badge', '{"permission_pending":2}', retained);
  const ana = await it.client('ana');
  const heard = listen(ana);
  await ana.subscribeAsync('yaguts/v1/demo/#', { qos: 1 });
  expect((await heard.next()).topic).toBe('yaguts/v1/demo/users/ana/badge');
  it.broker.publish('yaguts/v1/demo/users/bia/events/connected', '{}', once);
  it.broker.publish('yaguts/v1/demo/users/ana/events/connected', '{}', once);
  expect((await heard.next()).topic).toBe('yaguts/v1/demo/users/ana/events/connected');
  expect(heard.seen.filter(({ topic }) => topic.includes('/bia/'))).toEqual([]);
});

test('PUBACK comes only after the inbound handler has finished', async () => {
  const order: string[] = [];
  let commit: () => void = () => {};
  it.broker.setInbound(async ({ match }) => {
    order.push(`inbound ${match.key}`);
    await new Promise<void>((resolve) => {
      commit = resolve;
    });
    order.push('committed');
  });
  const client = await it.client('mao');
  const acked = client.publishAsync(entryTopic, '{}', retained).then(() => order.push('puback'));
  await until(() => order.length === 1);
  // A ping goes its way and back meanwhile: the PUBACK had every opportunity to overtake.
  const other = await it.client('pe');
  await other.subscribeAsync('yaguts/v1/demo/devices/pe/cmd/+');
  expect(order).toEqual(['inbound jobLog']);
  commit();
  await acked;
  expect(order).toEqual(['inbound jobLog', 'committed', 'puback']);
});

test.each([
  ['rejects', () => Promise.reject(new Error('disk full'))],
  [
    'throws',
    () => {
      throw new Error('disk full');
    },
  ],
])(
  'a message whose inbound handler %s is not acknowledged, and its connection is closed',
  async (_how, handler) => {
    it.broker.setInbound(handler);
    const peer = await rawTcp(it.port);
    peer.send(connectPacket());
    peer.send(publishPacket(entryTopic, '{}', { ...retained, messageId: 5 }));
    const heard = await peer.closed;
    expect(heard.map(({ cmd }) => cmd)).toEqual(['connack']);
    expect(it.broker.counters()).toMatchObject({ inbound_failures: 1, retained: 0 });
    // The process and the others are unharmed.
    it.broker.setInbound(() => {});
    const client = await it.client('mao');
    await client.publishAsync(entryTopic, '{}', retained);
  },
);

test('the inbound handler is told who, what and whether to retain, and does not hear the api', async () => {
  const heard: unknown[] = [];
  it.broker.setInbound(({ principal, topic, match, payload, retain, clientId }) => {
    heard.push({
      credential: principal.credential,
      topic,
      match,
      payload: payload.toString(),
      retain,
      clientId,
    });
  });
  const apiClient = await it.client('api');
  await apiClient.publishAsync('yaguts/v1/demo/events/task:created', '{}', once);
  const client = await it.client('mao');
  await client.publishAsync(entryTopic, 'not json', retained);
  expect(heard).toEqual([
    {
      credential: 'device:demo.mao',
      topic: entryTopic,
      match: { key: 'jobLog', params: { org: 'demo', device: 'mao', job_id: 7, item_ordem: 1 } },
      payload: 'not json',
      retain: true,
      clientId: 'demo.mao',
    },
  ]);
});

test.each(['authenticate', 'authenticate, later', 'inbound', 'onRouted', 'onConnection', 'log'])(
  'a %s that throws does not end the process',
  async (hook) => {
    await it.close();
    const boom = () => {
      throw new Error('boom');
    };
    let isArmed = true;
    it = await run({
      ...(hook === 'log' ? { log: boom } : {}),
      ...(hook.startsWith('authenticate')
        ? {
            authenticate: ({ clientId }) => {
              if (isArmed && hook === 'authenticate') boom();
              if (isArmed) return Promise.reject(new Error('boom'));
              return { kind: 'device', org: 'demo', device: clientId.slice(5), credential: clientId };
            },
          }
        : {}),
    });
    if (hook === 'inbound') it.broker.setInbound(() => (isArmed ? boom() : undefined));
    if (hook === 'onRouted') it.broker.onRouted(boom);
    if (hook === 'onConnection') it.broker.onConnection(boom);
    const first = await it.client('mao').catch(() => undefined);
    if (first) {
      const answered = closed(first);
      first.publish(`${mao}/cmd/stop/accepted`, '{}', once, () => first.end());
      await answered;
    }
    isArmed = false;
    const second = await it.client('pe');
    await second.publishAsync('yaguts/v1/demo/devices/pe/cmd/stop/accepted', '{}', once);
  },
);

test('an acknowledged entry is cleared by whoever listens to what was routed', async () => {
  it.broker.onRouted((topic, retain, payload) => {
    if (topic === entryTopic && retain && payload.length > 0) it.broker.publish(topic, '', retained);
  });
  const client = await it.client('mao');
  await client.publishAsync(entryTopic, '{}', retained);
  await until(() => it.broker.counters().retained === 0);
  const ana = await it.client('ana');
  const heard = listen(ana);
  await ana.subscribeAsync(entryTopic, { qos: 1 });
  it.broker.publish('yaguts/v1/demo/users/ana/badge', '{}', retained);
  await ana.subscribeAsync('yaguts/v1/demo/users/ana/badge');
  await heard.next();
  expect(heard.seen.map(({ topic }) => topic)).toEqual(['yaguts/v1/demo/users/ana/badge']);
});

test('what is too large for its row reaches the api and is not retained', async () => {
  const sizes: number[] = [];
  it.broker.setInbound(({ payload }) => {
    sizes.push(payload.length);
  });
  const client = await it.client('mao');
  await client.publishAsync(entryTopic, 'x'.repeat(2_000), retained);
  expect(sizes).toEqual([2_000]);
  expect(it.broker.counters()).toMatchObject({ retained: 0, not_retained_too_large: 1 });
  expect(client.connected).toBe(true);
});

test('a device keeps at most so many retained topics; a further one reaches the api all the same', async () => {
  await it.close();
  it = await run({ limits: { retainedPerDevice: 3 } });
  const seen: string[] = [];
  it.broker.setInbound(({ topic }) => {
    seen.push(topic);
  });
  const client = await it.client('mao');
  for (const n of [1, 2, 3, 4, 1]) await client.publishAsync(`${mao}/jobs/7/log/${n}`, '{}', retained);
  expect(seen).toHaveLength(5);
  expect(it.broker.counters()).toMatchObject({ retained: 3, not_retained_device_full: 1 });
});

test('the api in another process publishes its rows, clears any retained topic and hears everything', async () => {
  const apiClient = await it.client('api');
  const heard = listen(apiClient);
  await apiClient.subscribeAsync('yaguts/v1/#', { qos: 1 });
  const client = await it.client('mao');
  await client.publishAsync(entryTopic, '{}', retained);
  expect(await heard.next()).toMatchObject({ topic: entryTopic });
  await apiClient.publishAsync(entryTopic, '', retained);
  await until(() => it.broker.counters().retained === 0);
});

test('a claim speaks on its own three topics', async () => {
  const provision = 'yaguts/v1/_provision/abcdefgh';
  const client = await it.client('claim');
  const heard = listen(client);
  await client.subscribeAsync([`${provision}/accepted`, `${provision}/rejected`], { qos: 1 });
  await client.publishAsync(`${provision}/request`, '{}', once);
  it.broker.publish(`${provision}/accepted`, '{}', once);
  expect((await heard.next()).topic).toBe(`${provision}/accepted`);
  await expect(client.subscribeAsync('yaguts/v1/_server/state')).rejects.toThrow();
});

test('connections are announced in order, with what was subscribed', async () => {
  const client = await it.client('ana-tab');
  await client.subscribeAsync('yaguts/v1/demo/events/+', { qos: 1 });
  await client.endAsync();
  await until(() => it.changes.length === 3);
  expect(it.changes.map(({ kind }) => kind)).toEqual(['connected', 'subscribed', 'closed']);
  expect(it.changes[1]?.filters).toEqual(['yaguts/v1/demo/events/+']);
});

test('a clean=0 client finds what came while it was away, and an acknowledged message does not come again', async () => {
  const session = { clientId: 'laptop', clean: false };
  const first = await it.client('bia', session);
  await first.subscribeAsync('yaguts/v1/demo/events/+', { qos: 1 });
  await first.endAsync();
  for (const n of [1, 2, 3]) it.broker.publish('yaguts/v1/demo/events/task:created', `{"n":${n}}`, once);
  const { default: mqtt } = await import('mqtt');
  const { credentials } = await import('./test/harness.ts');
  const again = () => mqtt.connect(`mqtt://127.0.0.1:${it.port}`, { ...credentials('bia'), ...session });
  const second = again();
  const heard = listen(second);
  for (const n of [1, 2, 3]) expect((await heard.next()).payload).toBe(`{"n":${n}}`);
  await second.endAsync();
  const third = again();
  const after = listen(third);
  it.broker.publish('yaguts/v1/demo/events/task:created', '{"n":4}', once);
  expect((await after.next()).payload).toBe('{"n":4}');
  third.end(true);
});
