import { bytes } from '../bytes.ts';
import type { Check } from './check.ts';
import type { Party } from './party.ts';
import type { Stage } from './stage.ts';

/** The will. The contract knows one of a device: its `presence`, `lost` for the connection it was `online` on. */

const presence = (state: string): string => JSON.stringify({ state, boot_id: 'a1b2', session: 1 });
const will = (stage: Stage) => ({
  topic: stage.presence,
  payload: Buffer.from(presence('lost')),
  qos: 1,
  retain: true,
});

/** A device that is online, and one who hears what becomes of it. */
async function online(stage: Stage, changes: Record<string, unknown> = {}) {
  const device = await stage.join('mao', { will: will(stage), ...changes });
  await device.publish(stage.presence, presence('online'), { retain: true });
  const ana = await stage.join('ana');
  await ana.subscribe([stage.presence, stage.event]);
  await ana.hear();
  return { device, ana };
}

async function willHeard(ana: Party): Promise<{ will: boolean; retain: boolean }> {
  const { payload, retain } = await ana.hear();
  return { will: payload === presence('lost'), retain };
}
const willIsHeard = { will: true, retain: false };

export const willChecks: readonly Check[] = [
  {
    title: 'a connection that breaks publishes its will',
    clause: 'MQTT-3.1.2-8',
    standard: willIsHeard,
    async observe(stage) {
      const { device, ana } = await online(stage);
      device.drop();
      return willHeard(ana);
    },
  },
  {
    title: 'a will with RETAIN is what later subscribers find',
    clause: 'MQTT-3.1.2-17',
    standard: { will: true, retain: true },
    async observe(stage) {
      const { device, ana } = await online(stage);
      device.drop();
      await ana.hear();
      const late = await stage.join('ana', { clientId: 'late' });
      await late.subscribe(stage.presence);
      return willHeard(late);
    },
  },
  {
    title: 'DISCONNECT discards the will',
    clause: 'MQTT-3.14.4-3',
    standard: [],
    async observe(stage) {
      const { device, ana } = await online(stage);
      await device.disconnect();
      await (await stage.join('api')).publish(stage.event, 'end');
      return ana.heardUntil('end');
    },
  },
  {
    title: 'a connection that is closed for a malformed packet publishes its will',
    clause: 'MQTT-3.1.2-8',
    standard: willIsHeard,
    async observe(stage) {
      const { device, ana } = await online(stage);
      device.peer.send(bytes(0, 0));
      return willHeard(ana);
    },
  },
  {
    title: 'a connection whose keepalive runs out publishes its will',
    clause: 'MQTT-3.1.2-8, -24',
    standard: willIsHeard,
    async observe(stage) {
      const { ana } = await online(stage, { keepalive: 1 });
      return willHeard(ana);
    },
  },
  {
    title: 'a connection that is taken over publishes its will',
    clause: 'MQTT-3.1.2-8',
    standard: willIsHeard,
    async observe(stage) {
      const { ana } = await online(stage);
      await stage.join('mao');
      return willHeard(ana);
    },
  },
  {
    title: 'a will that does not belong to the last online is published all the same',
    clause: 'MQTT-3.1.2-8',
    standard: 1,
    deviations: {
      yaguts: {
        observed: 0,
        told: "wills are a device's own `presence` and the api's `_server/state`, any other is refused with code 5; a `lost` that is not of the last `online` is dropped",
      },
    },
    async observe(stage) {
      const { device, ana } = await online(stage);
      await device.publish(stage.presence, presence('online').replace('1}', '2}'), { retain: true });
      await ana.hear();
      device.drop();
      await device.peer.closed;
      const api = await stage.join('api');
      await api.publish(stage.event, 'end');
      return (await ana.heardUntil('end')).length;
    },
  },
];
