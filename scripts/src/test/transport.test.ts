import { clientTransport, embeddedTransport, type InboundMessage, type Transport } from '@yaguts/api';
import { type Broker, createBroker } from '@yaguts/broker';
import { type Principal, topic, topicRoot } from '@yaguts/shared';
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { findMosquitto, startMosquitto, startMosquittoOn } from '../bench/mosquitto.ts';

/** One contract, held by both transports: over the broker of this house and over somebody else's. */

const mao: Principal = { kind: 'device', org: 'demo', device: 'mao', credential: 'd:1' };
const api: Principal = { kind: 'api', instance: 'one', credential: 'a:one' };
const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Stand {
  readonly transport: Transport;
  /** Where a device connects. */
  readonly port: number;
  readonly broker?: Broker;
  readonly logged: string[];
  /** Breaks the transport's own connection, where it has one. */
  readonly cut?: () => Promise<void>;
}

async function houseBroker(): Promise<{ broker: Broker; port: number }> {
  const broker = await createBroker({ authenticate: ({ username }) => (username === 'api' ? api : mao) });
  closers.push(() => broker.close());
  return { broker, port: (await broker.listenTcp({ host: '127.0.0.1', port: 0 })).port };
}

async function embedded(): Promise<Stand> {
  const { broker, port } = await houseBroker();
  return { transport: embeddedTransport(broker), port, broker, logged: [] };
}

function client(port: number): Pick<Stand, 'transport' | 'logged'> {
  const logged: string[] = [];
  const transport = clientTransport({
    url: `mqtt://127.0.0.1:${port}`,
    instance: 'one',
    username: 'api',
    password: 'secret-of-the-api',
    will: { topic: `${topicRoot}/_server/state`, payload: '{"state":"offline","version":"0","epoch":"e"}' },
    log: (event) => void logged.push(event),
  });
  return { transport, logged };
}

async function overHouse(): Promise<Stand> {
  const { broker, port } = await houseBroker();
  const cut = async () => void broker.disconnect((principal) => principal.kind === 'api');
  return { ...client(port), port, broker, cut };
}

async function overMosquitto(): Promise<Stand> {
  let server = await startMosquitto(mosquitto as string);
  closers.push(() => server.stop());
  const { port } = server;
  const cut = async () => {
    await server.stop();
    server = await startMosquittoOn(port, mosquitto as string);
  };
  return { ...client(port), port, cut };
}

/** A client that tries until its broker listens. */
async function person(port: number, options: mqtt.IClientOptions = {}): Promise<MqttClient> {
  const it = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    ...{ clientId: 'demo.mao', username: 'demo.mao', password: 'x', protocolVersion: 4, reconnectPeriod: 50 },
    ...options,
  });
  it.on('error', () => undefined);
  closers.push(() => void it.end(true));
  await new Promise<void>((resolve) => it.once('connect', () => resolve()));
  return it;
}

/** What a device hears on a filter, as it comes. */
function ears(it: MqttClient) {
  const heard: { topic: string; payload: string; retain: boolean }[] = [];
  const waiting: (() => void)[] = [];
  it.on('message', (name, payload, { retain }) => {
    heard.push({ topic: name, payload: payload.toString(), retain });
    for (const wake of waiting.splice(0)) wake();
  });
  return {
    heard,
    async next(fits: (message: (typeof heard)[number]) => boolean) {
      for (;;) {
        const found = heard.find(fits);
        if (found) return found;
        await new Promise<void>((resolve) => void waiting.push(resolve));
      }
    },
  };
}

async function started(stand: Stand): Promise<void> {
  const ready = new Promise<void>((resolve) => stand.transport.onReady(resolve));
  closers.push(() => stand.transport.stop());
  await stand.transport.start();
  await ready;
}

const mosquitto = findMosquitto();
const hasMosquitto = mosquitto !== undefined;
const logTopic = topic('jobLog', { org: 'demo', device: 'mao', job_id: 7, item_ordem: 1 });
const nextTopic = topic('jobsNext', { org: 'demo', device: 'mao' });
const ackTopic = topic('jobAck', { org: 'demo', device: 'mao', job_id: 7 });

describe.each([
  ['the embedded transport', embedded, true],
  ['the client transport over the broker of this house', overHouse, true],
  ['the client transport over mosquitto', overMosquitto, hasMosquitto],
] as const)('%s', (_, make, here) => {
  test.skipIf(!here)(
    'hands over what a device publishes, its topic matched and its principal known',
    async () => {
      const stand = await make();
      const got = new Promise<InboundMessage>((resolve) => {
        stand.transport.setInbound(async (message) => resolve(message));
      });
      await started(stand);
      const device = await person(stand.port);
      await device.publishAsync(logTopic, '{"a":1}', { qos: 1, retain: true });
      const { principal, match, payload, topic: name } = await got;
      expect(principal).toMatchObject({ kind: 'device', org: 'demo', device: 'mao' });
      expect(match).toEqual({
        key: 'jobLog',
        params: { org: 'demo', device: 'mao', job_id: 7, item_ordem: 1 },
      });
      expect([name, payload.toString()]).toEqual([logTopic, '{"a":1}']);
    },
  );

  test.skipIf(!here)('publishes with QoS and retain; an empty payload clears', async () => {
    const stand = await make();
    await started(stand);
    const { transport, port } = stand;
    expect(transport.isReady()).toBe(true);
    transport.publish(nextTopic, '{"job":1}', { qos: 1, retain: true });
    const first = await person(port);
    const hears = ears(first);
    await first.subscribeAsync([nextTopic, ackTopic], { qos: 1 });
    await hears.next(({ topic: name, payload }) => name === nextTopic && payload === '{"job":1}');
    transport.publish(nextTopic, '', { qos: 1, retain: true });
    transport.publish(ackTopic, '{}', { qos: 1, retain: false });
    await hears.next(({ topic: name }) => name === ackTopic);
    first.end(true);

    const late = await person(port);
    const lateHears = ears(late);
    await late.subscribeAsync([nextTopic, ackTopic], { qos: 1 });
    transport.publish(ackTopic, '{"again":1}', { qos: 1, retain: false });
    await lateHears.next(({ payload }) => payload === '{"again":1}');
    expect(lateHears.heard).toHaveLength(1);
  });

  test.skipIf(!here)('tells of a routed message when clearing it leaves nothing behind', async () => {
    const stand = await make();
    const { transport } = stand;
    let handled = 0;
    transport.setInbound(async () => void handled++);
    const routed = new Promise<number>((resolve) =>
      transport.onRouted((name, retain, payload) => {
        if (name !== logTopic || payload.length === 0) return;
        if (retain) transport.publish(logTopic, '', { qos: 1, retain: true });
        transport.publish(ackTopic, '{"cleared":1}', { qos: 1, retain: false });
        resolve(handled);
      }),
    );
    await started(stand);
    const device = await person(stand.port);
    const hears = ears(device);
    await device.subscribeAsync(ackTopic, { qos: 1 });
    await device.publishAsync(logTopic, '{"a":1}', { qos: 1, retain: true });
    expect(await routed, 'handled before it is told').toBe(1);
    await hears.next(({ topic: name }) => name === ackTopic);

    // Somebody who hears the log topic only now finds nothing retained on it.
    const api2 = stand.broker
      ? await person(stand.port, { clientId: '_server.one', username: 'api', clean: true })
      : await person(stand.port, { clientId: 'late' });
    const late = ears(api2);
    await api2.subscribeAsync([logTopic, ackTopic], { qos: 1 });
    await api2.publishAsync(ackTopic, '{"end":1}', { qos: 1 });
    await late.next(({ payload }) => payload === '{"end":1}');
    expect(late.heard.map(({ topic: name }) => name)).toEqual([ackTopic]);
  });

  test.skipIf(!here)('survives a handler that fails: the next message is heard', async () => {
    const stand = await make();
    const heard: string[] = [];
    let both: () => void = () => undefined;
    const done = new Promise<void>((resolve) => {
      both = resolve;
    });
    stand.transport.setInbound(async ({ payload }) => {
      heard.push(payload.toString());
      if (heard.length === 1) throw new Error('cannot commit');
      both();
    });
    await started(stand);
    const device = await person(stand.port);
    // With the embedded broker the socket closes, and the client sends it again by itself.
    await device.publishAsync(logTopic, '{"n":1}', { qos: 1, retain: true });
    await device.publishAsync(logTopic, '{"n":2}', { qos: 1, retain: true });
    await done;
    expect(heard[0]).toBe('{"n":1}');
  });
});

test('over the embedded transport the PUBACK waits for the handler', async () => {
  const { transport, port } = await embedded();
  const order: string[] = [];
  let commit: () => void = () => undefined;
  transport.setInbound(
    () =>
      new Promise<void>((resolve) => {
        commit = () => {
          order.push('committed');
          resolve();
        };
        order.push('handling');
        // Two turns of the loop: time enough for a PUBACK that would not wait.
        setImmediate(() => setImmediate(() => commit()));
      }),
  );
  await transport.start();
  const device = await person(port);
  await device.publishAsync(logTopic, '{"a":1}', { qos: 1 });
  order.push('acknowledged');
  expect(order).toEqual(['handling', 'committed', 'acknowledged']);
});

test('the embedded transport tells who has subscribed to their own events, and closes connections', async () => {
  const ana: Principal = {
    ...{ kind: 'user', org: 'demo', user: 'ana', permissions: [], via: 'token', credential: 't:1' },
  };
  const broker = await createBroker({ authenticate: () => ana });
  closers.push(() => broker.close());
  const { port } = await broker.listenTcp({ host: '127.0.0.1', port: 0 });
  const transport = embeddedTransport(broker);
  await transport.start();
  const subscribed: Principal[] = [];
  const told = new Promise<void>((resolve) =>
    transport.onSubscribed((principal) => {
      subscribed.push(principal);
      resolve();
    }),
  );
  const it = await person(port, { clientId: 'tab', username: 'u.ana' });
  await it.subscribeAsync(`${topicRoot}/demo/events/+`, { qos: 1 });
  await it.subscribeAsync(`${topicRoot}/demo/users/ana/#`, { qos: 1 });
  await told;
  expect(subscribed).toEqual([ana]);
  expect(transport.clients()).toMatchObject([{ principal: ana }]);
  const closed = new Promise<void>((resolve) => it.once('close', () => resolve()));
  expect(transport.disconnect((principal) => principal.credential === 't:1')).toBe(1);
  await closed;
  expect(await transport.retainedTopics()).toEqual([]);
  await transport.stop();
  expect(transport.isReady()).toBe(false);
});

describe.each([
  ['the broker of this house', overHouse, true],
  ['mosquitto', overMosquitto, hasMosquitto],
] as const)('the client transport over %s', (_, make, here) => {
  test.skipIf(!here)('finds what is retained from an earlier life, its own rows only', async () => {
    const stand = await make();
    const { transport } = stand;
    await started(stand);
    const stale = topic('jobState', { org: 'demo', job_id: 3 });
    transport.publish(stale, '{"old":1}', { qos: 1, retain: true });
    transport.publish(nextTopic, '{"job":1}', { qos: 1, retain: true });
    expect([...(await transport.retainedTopics())].sort()).toEqual([nextTopic, stale].sort());
    expect(transport.disconnect(() => true)).toBe(0);
    expect(transport.clients()).toEqual([]);
    transport.onSubscribed(() => undefined);
  });

  test.skipIf(!here)('tells that it is ready again after each loss', async () => {
    const stand = await make();
    await started(stand);
    const again = new Promise<void>((resolve) => stand.transport.onReady(resolve));
    await stand.cut?.();
    await again;
    expect(stand.logged).toContain('mqtt_closed');
  });

  test.skipIf(!here)('says goodbye at a stop: its last word is out before the connection ends', async () => {
    const stand = await make();
    await started(stand);
    const state = `${topicRoot}/_server/state`;
    const device = await person(stand.port);
    const hears = ears(device);
    await device.subscribeAsync(state, { qos: 1 });
    stand.transport.publish(state, '{"state":"offline","version":"9","epoch":"e"}', { qos: 1, retain: true });
    await stand.transport.stop();
    await hears.next(({ payload }) => payload.includes('"9"'));
    expect(stand.transport.isReady()).toBe(false);
    expect(await stand.transport.retainedTopics()).toEqual([]);
    stand.transport.publish(state, '{}', { qos: 1, retain: false });
  });
});
