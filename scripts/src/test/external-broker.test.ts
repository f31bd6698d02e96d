import { decode, type PayloadOf, type TopicKey, topic, topicFilter } from '@yaguts/shared';
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { findMosquitto, startMosquitto } from '../bench/mosquitto.ts';
import { openHouse } from './fixture.ts';

/** The platform over somebody else's broker (YAGUTS_MQTT_URL): there only our own ack means anything. */

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const mosquitto = findMosquitto();

async function startBroker(): Promise<string> {
  const { port, stop } = await startMosquitto(mosquitto as string);
  closers.push(stop);
  return `mqtt://127.0.0.1:${port}`;
}

async function client(url: string, clientId: string): Promise<MqttClient> {
  const it = mqtt.connect(url, { clientId, protocolVersion: 4, reconnectPeriod: 50 });
  it.on('error', () => undefined);
  await new Promise<void>((resolve) => it.once('connect', () => resolve()));
  closers.push(() => it.endAsync(true));
  return it;
}

/** Resolves with the next message of a row that fits. */
function next<K extends TopicKey>(
  it: MqttClient,
  key: K,
  fits: (payload: PayloadOf<K>) => boolean = () => true,
): Promise<PayloadOf<K>> {
  const like = new RegExp(`^${topicFilter(key, {}).replaceAll('+', '[^/]+')}$`);
  return new Promise((resolve) => {
    const hear = (name: string, payload: Buffer): void => {
      if (!like.test(name) || payload.length === 0) return;
      const read = decode(key, payload);
      if (!read.ok || !fits(read.value)) return;
      it.off('message', hear);
      resolve(read.value);
    };
    it.on('message', hear);
  });
}

test.skipIf(!mosquitto)(
  `a job runs over mosquitto, ordered over MQTT, and its reports are cleared${mosquitto ? '' : ' (NOT RUN: mosquitto is not installed)'}`,
  async () => {
    const url = await startBroker();
    const house = await openHouse({ env: { YAGUTS_MQTT_URL: url } });
    closers.push(() => house.close());
    const hand = await client(url, 'demo.mao');
    await hand.subscribeAsync('yaguts/v1/#', { qos: 1 });
    const device = { org: 'demo', device: 'mao' };
    const say = (name: string, payload: object, retain = false) =>
      hand.publishAsync(name, JSON.stringify(payload), { qos: 1, retain });

    const born = next(hand, 'deviceState', (state) => state.device === 'mao' && state.birth !== null);
    const limits = { max_itens: 24, max_job_bytes: 3_072, max_step_ms: 180_000 };
    const who = {
      fw_version: '0.3.0',
      hw: 'hand',
      journal_id: 'j1',
      boot_id: 'b1',
      hi: 0,
      frascos: 8,
      limits,
    };
    await say(topic('birth', device), who, true);
    await born;

    const receita_id = house.kitchen.receitas[0]?.id;
    const order = { id: 'order-1', receita_id, multiplicador: 1, device: 'mao' };
    const response = next(hand, 'userResponse');
    const offer = next(hand, 'jobsNext');
    await say(topic('userRequest', { org: 'demo', user: 'ana', op: 'jobs.create' }), order);
    expect(await response).toMatchObject({ id: 'order-1', ok: true });
    const { job_id, seq, token, itens } = await offer;

    const accepted = next(hand, 'startAccepted');
    await say(topic('jobStart', { ...device, job_id }), { seq, token });
    await accepted;
    for (const { item_ordem, frasco } of itens) {
      const ack = next(hand, 'jobAck', (said) => said.itens.includes(item_ordem));
      const entry = { job_id, seq, token, item_ordem, frasco, segundos: 1, status: 'done' };
      await say(topic('jobLog', { ...device, job_id, item_ordem }), entry, true);
      await ack;
    }
    const ended = next(hand, 'jobAck', ({ complete }) => complete);
    const account = { job_id, seq, token, itens_completados: itens.length, itens_falhados: 0 };
    await say(topic('jobComplete', { ...device, job_id }), account, true);
    await ended;
    expect(await house.job(job_id)).toMatchObject({ status: 'done', itens_completados: itens.length });

    // A stranger of the org gets an answer of nobody; the platform goes on.
    await say(topic('userRequest', { org: 'demo', user: 'ninguem', op: 'jobs.create' }), order);
    const again = next(hand, 'userResponse');
    await say(topic('userRequest', { org: 'demo', user: 'ana', op: 'jobs.create' }), order);
    expect(await again).toMatchObject({ id: 'order-1', data: { job_id } });

    const late = await client(url, 'late');
    const retained: string[] = [];
    late.on('message', (name, payload, packet) => {
      if (packet.retain && payload.length > 0) retained.push(name);
    });
    const state = next(late, 'serverState');
    await late.subscribeAsync(topicFilter('jobLog', {}), { qos: 1 });
    await late.subscribeAsync(topicFilter('jobComplete', {}), { qos: 1 });
    await late.subscribeAsync(topic('serverState', {}), { qos: 1 });
    expect((await state).state).toBe('online');
    expect(retained.filter((name) => /\/(log\/\d+|complete)$/.test(name))).toEqual([]);
  },
);
