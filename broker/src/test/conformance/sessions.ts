import type { IConnackPacket } from 'mqtt-packet';
import { connect, text } from '../bytes.ts';
import { connectPacket, pingPacket, subscribePacket } from '../raw.ts';
import type { Check } from './check.ts';
import type { Stage } from './stage.ts';

/** CONNECT, sessions and what is queued for them, takeover, keepalive. */

const kept = { clean: false };

/** A session with one subscription whose client has left. */
async function leaveSession(stage: Stage): Promise<void> {
  const ana = await stage.join('ana', kept);
  await ana.subscribe(stage.event);
  await ana.disconnect();
}

export const sessionChecks: readonly Check[] = [
  {
    title: 'clean=1 finds no session, even where clean=0 has left one',
    clause: 'MQTT-3.2.2-1',
    standard: false,
    async observe(stage) {
      await leaveSession(stage);
      return (await stage.join('ana')).connack.sessionPresent;
    },
  },
  {
    title: 'clean=0 finds no session the first time, and its session when it comes back',
    clause: 'MQTT-3.2.2-2, -3',
    standard: [false, true],
    async observe(stage) {
      const first = await stage.join('ana', kept);
      await first.subscribe(stage.event);
      await first.disconnect();
      const again = await stage.join('ana', kept);
      return [first.connack.sessionPresent, again.connack.sessionPresent];
    },
  },
  {
    title: 'a session without a subscription is a session',
    clause: 'MQTT-3.2.2-2',
    standard: true,
    deviations: {
      yaguts: { observed: false, told: 'without a subscription there is nothing to keep: session present 0' },
    },
    async observe(stage) {
      await (await stage.join('ana', kept)).disconnect();
      return (await stage.join('ana', kept)).connack.sessionPresent;
    },
  },
  {
    title: 'a refused CONNECT is answered with session present 0, then closed',
    clause: 'MQTT-3.2.2-4, -5',
    standard: [{ cmd: 'connack', returnCode: 2, sessionPresent: false }],
    async observe(stage) {
      const peer = await stage.open();
      // [MQTT-3.1.3-8]: no client id, and clean=0.
      peer.send(connect({ flags: 0xc0, fields: [text(''), text('u.ana'), text('ana')] }));
      return (await peer.closed).map((packet) => {
        const { cmd, returnCode, sessionPresent } = packet as IConnackPacket;
        return { cmd, returnCode, sessionPresent };
      });
    },
  },
  {
    title: 'an unknown protocol level is answered with code 1',
    clause: 'MQTT-3.1.2-2',
    standard: [1],
    deviations: {
      yaguts: {
        observed: [],
        told: 'a protocol level other than 3, 4 and 5 is closed without CONNACK; 5 is answered with code 1',
      },
    },
    async observe(stage) {
      const peer = await stage.open();
      peer.send(connect({ level: 6 }));
      return (await peer.closed).map((packet) => (packet as IConnackPacket).returnCode);
    },
  },
  {
    title: 'an empty client id with clean=1 is accepted',
    clause: 'MQTT-3.1.3-6',
    standard: 0,
    observe: async (stage) => (await stage.knock('ana', { clientId: '' })).connack.returnCode,
  },
  {
    title: 'a client id of 23 letters and digits is accepted',
    clause: 'MQTT-3.1.3-5',
    standard: 0,
    observe: async (stage) =>
      (await stage.knock('ana', { clientId: '0123456789abcdefghijABC' })).connack.returnCode,
  },
  {
    title: 'what is sent behind CONNECT without waiting for CONNACK is taken, and answered behind it',
    clause: 'MQTT-3.2.0-1',
    standard: { first: 'connack', after: ['pingresp', 'suback'] },
    async observe(stage) {
      const peer = await stage.open();
      const ana = { clientId: 'at-once', username: 'u.ana', password: Buffer.from('ana') };
      peer.send(Buffer.concat([connectPacket(ana), subscribePacket([stage.event]), pingPacket]));
      const [first, ...after] = [await peer.next(), await peer.next(), await peer.next()].map(
        (packet) => packet?.cmd,
      );
      return { first, after: after.sort() };
    },
  },
  {
    title: 'QoS 1 messages for an absent clean=0 client come when it is back, in their order, DUP 0',
    clause: 'MQTT-3.1.2-5',
    standard: ['1', '2', '3'].map((payload) => ({ payload, dup: false, qos: 1, retain: false })),
    async observe(stage) {
      await leaveSession(stage);
      const api = await stage.join('api');
      for (const payload of ['1', '2', '3']) await api.publish(stage.event, payload);
      const back = await stage.join('ana', kept);
      const heard = [await back.hear(), await back.hear(), await back.hear()];
      return heard.map(({ payload, dup, qos, retain }) => ({ payload, dup, qos, retain }));
    },
  },
  {
    title: 'a subscription of a clean=0 session goes on without being asked for again',
    clause: 'MQTT-3.1.2-4',
    standard: 'live',
    async observe(stage) {
      await leaveSession(stage);
      const back = await stage.join('ana', kept);
      await (await stage.join('api')).publish(stage.event, 'live');
      return (await back.hear()).payload;
    },
  },
  {
    title: 'clean=1 discards the session with its subscription and its queue',
    clause: 'MQTT-3.1.2-6',
    standard: [],
    async observe(stage) {
      await leaveSession(stage);
      const api = await stage.join('api');
      await api.publish(stage.event, 'queued');
      await (await stage.join('ana')).disconnect();
      const back = await stage.join('ana', kept);
      await api.publish(stage.event, 'live');
      await back.subscribe(stage.entry);
      await api.publish(stage.entry, 'end');
      return back.heardUntil('end');
    },
  },
  {
    title: 'a QoS 1 message that was not acknowledged comes again, with DUP and its packet id',
    clause: 'MQTT-4.4.0-1, MQTT-3.3.1-1',
    standard: { payload: 'once more', dup: true, sameId: true },
    async observe(stage) {
      const ana = await stage.join('ana', kept);
      ana.acknowledges = false;
      await ana.subscribe(stage.event);
      await (await stage.join('api')).publish(stage.event, 'once more');
      const first = await ana.hear();
      ana.drop();
      const again = await (await stage.join('ana', kept)).hear();
      return { payload: again.payload, dup: again.dup, sameId: again.messageId === first.messageId };
    },
  },
  {
    title: 'a QoS 1 message that was acknowledged does not come again',
    clause: 'MQTT-4.3.2-1',
    standard: [],
    async observe(stage) {
      const ana = await stage.join('ana', kept);
      await ana.subscribe(stage.event);
      const api = await stage.join('api');
      await api.publish(stage.event, 'once');
      await ana.hear();
      // The ping behind the PUBACK shows that it was read.
      await ana.ping();
      ana.drop();
      const back = await stage.join('ana', kept);
      await api.publish(stage.event, 'end');
      return back.heardUntil('end');
    },
  },
  {
    title: 'a second CONNECT with the same client id takes over: the first connection is closed',
    clause: 'MQTT-3.1.4-2',
    standard: { first: 'closed', second: 'answered' },
    async observe(stage) {
      const first = await stage.join('ana');
      const second = await stage.join('ana');
      await first.peer.closed;
      return { first: 'closed', second: await second.ping() };
    },
  },
  {
    title: 'a clean=0 session that is taken over goes on where it was',
    clause: 'MQTT-3.1.4-3',
    standard: ['before', 'after'],
    async observe(stage) {
      const first = await stage.join('ana', kept);
      first.acknowledges = false;
      await first.subscribe(stage.event);
      const api = await stage.join('api');
      await api.publish(stage.event, 'before');
      await first.hear();
      const second = await stage.join('ana', kept);
      await api.publish(stage.event, 'after');
      return [(await second.hear()).payload, (await second.hear()).payload];
    },
  },
  {
    title: 'a client that is silent for one and a half times its keepalive is closed, and not before',
    clause: 'MQTT-3.1.2-24',
    standard: 'closed, not before 1.5 s',
    async observe(stage) {
      const began = performance.now();
      const silent = await stage.join('ana', { keepalive: 1 });
      await silent.peer.closed;
      // Only the lower bound: a busy machine is late.
      return performance.now() - began >= 1_500 ? 'closed, not before 1.5 s' : 'closed before 1.5 s';
    },
  },
  {
    title: 'PINGREQ is answered',
    clause: 'MQTT-3.12.4-1',
    standard: 'answered',
    observe: async (stage) => (await stage.join('ana')).ping(),
  },
  {
    title: 'keepalive 0 turns the keepalive off',
    clause: '3.1.2.10',
    standard: 0,
    deviations: {
      yaguts: {
        observed: 5,
        told: 'keepalive 0, or above 300 s, is refused with code 5: a dead peer would be held for ever',
      },
    },
    observe: async (stage) => (await stage.knock('ana', { keepalive: 0 })).connack.returnCode,
  },
];
