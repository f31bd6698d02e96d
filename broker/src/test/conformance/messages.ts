import type { Check } from './check.ts';

/** PUBLISH: retained messages, QoS, DUP, packet ids, order, size. */

const retained = { retain: true };
const numbers = Array.from({ length: 200 }, (_, n) => String(n));

export const messageChecks: readonly Check[] = [
  {
    title: 'a new subscriber gets the last retained message, with RETAIN',
    clause: 'MQTT-3.3.1-6, -8',
    standard: { payload: 'second', retain: true, qos: 1 },
    async observe(stage) {
      const api = await stage.join('api');
      await api.publish(stage.state, 'first', retained);
      await api.publish(stage.state, 'second', retained);
      const ana = await stage.join('ana');
      await ana.subscribe(stage.state);
      const { payload, retain, qos } = await ana.hear();
      return { payload, retain, qos };
    },
  },
  {
    title: 'a live message has no RETAIN, even when it is retained',
    clause: 'MQTT-3.3.1-9',
    standard: false,
    async observe(stage) {
      const ana = await stage.join('ana');
      await ana.subscribe(stage.state);
      await (await stage.join('api')).publish(stage.state, 'live', retained);
      return (await ana.hear()).retain;
    },
  },
  {
    title: 'an empty retained message is delivered to who listens, and clears the topic',
    clause: 'MQTT-3.3.1-10, -11',
    standard: { live: [{ payload: '', retain: false }], later: [] },
    async observe(stage) {
      const api = await stage.join('api');
      const ana = await stage.join('ana');
      await api.publish(stage.state, 'there', retained);
      await ana.subscribe([stage.event]);
      await ana.subscribe([stage.state]);
      await ana.hear();
      await api.publish(stage.state, '', retained);
      await api.publish(stage.event, 'end');
      const live = (await ana.heardUntil('end')).map(({ payload, retain }) => ({ payload, retain }));
      const late = await stage.join('ana', { clientId: 'late' });
      await late.subscribe([stage.event, stage.state]);
      await api.publish(stage.event, 'end');
      return { live, later: await late.heardUntil('end') };
    },
  },
  {
    title: 'a message without RETAIN does not touch what is retained',
    clause: 'MQTT-3.3.1-12',
    standard: 'kept',
    async observe(stage) {
      const api = await stage.join('api');
      await api.publish(stage.entry, 'kept', retained);
      await api.publish(stage.entry, 'passing');
      const ana = await stage.join('ana');
      await ana.subscribe(stage.entry);
      return (await ana.hear()).payload;
    },
  },
  {
    title: 'a retained QoS 0 message takes the place of one of QoS 1',
    clause: 'MQTT-3.3.1-7',
    standard: { payload: 'second', qos: 0 },
    async observe(stage) {
      const api = await stage.join('api');
      await api.publish(stage.state, 'first', retained);
      await api.publish(stage.state, 'second', { qos: 0, retain: true });
      await api.ping();
      const ana = await stage.join('ana');
      await ana.subscribe(stage.state);
      const { payload, qos } = await ana.hear();
      return { payload, qos };
    },
  },
  {
    title: 'DUP of a message that comes in does not go out',
    clause: 'MQTT-3.3.1-3',
    standard: false,
    async observe(stage) {
      const ana = await stage.join('ana');
      await ana.subscribe(stage.event);
      await (await stage.join('api')).publish(stage.event, 'again', { dup: true });
      return (await ana.hear()).dup;
    },
  },
  {
    title: 'a packet id is free again once it is acknowledged: the same id is another message',
    clause: 'MQTT-2.3.1-3',
    standard: ['one', 'two'],
    async observe(stage) {
      const ana = await stage.join('ana');
      await ana.subscribe(stage.event);
      const api = await stage.join('api');
      await api.publish(stage.event, 'one', { messageId: 5 });
      await api.publish(stage.event, 'two', { messageId: 5 });
      return [(await ana.hear()).payload, (await ana.hear()).payload];
    },
  },
  {
    title: 'messages that wait for their PUBACK have packet ids of their own, never 0',
    clause: 'MQTT-2.3.1-1, -4',
    standard: { different: 10, zero: false },
    async observe(stage) {
      const ana = await stage.join('ana');
      ana.acknowledges = false;
      await ana.subscribe(stage.event);
      const api = await stage.join('api');
      const ids: (number | undefined)[] = [];
      for (let n = 0; n < 10; n++) {
        await api.publish(stage.event, String(n));
        ids.push((await ana.hear()).messageId);
      }
      return { different: new Set(ids).size, zero: ids.some((id) => !id) };
    },
  },
  {
    title: 'messages of one client on one topic arrive in the order they were sent',
    clause: 'MQTT-4.6.0-5, -6',
    standard: numbers,
    async observe(stage) {
      const ana = await stage.join('ana');
      await ana.subscribe(stage.event);
      const api = await stage.join('api');
      const sent = Promise.all(numbers.map((payload) => api.publish(stage.event, payload)));
      const heard: string[] = [];
      while (heard.length < numbers.length) heard.push((await ana.hear()).payload);
      await sent;
      return heard;
    },
  },
  {
    title: 'a QoS 1 message reaches a QoS 0 subscription at QoS 0',
    clause: 'MQTT-3.8.4-6',
    standard: 0,
    async observe(stage) {
      const ana = await stage.join('ana');
      await ana.subscribe(stage.event, 0);
      await (await stage.join('api')).publish(stage.event, 'x');
      return (await ana.hear()).qos;
    },
  },
  {
    title: 'a QoS 0 message reaches a QoS 1 subscription at QoS 0',
    clause: 'MQTT-3.8.4-6',
    standard: 0,
    async observe(stage) {
      const ana = await stage.join('ana');
      await ana.subscribe(stage.event, 1);
      await (await stage.join('api')).publish(stage.event, 'x', { qos: 0 });
      return (await ana.hear()).qos;
    },
  },
  {
    title: 'a retained QoS 1 message reaches a QoS 0 subscription with a wildcard at QoS 0',
    clause: 'MQTT-3.8.4-6',
    standard: 0,
    async observe(stage) {
      await (await stage.join('api')).publish(stage.state, 'x', retained);
      const ana = await stage.join('ana');
      await ana.subscribe(stage.state.replace(/\/jobs\/\d+/, '/jobs/+'), 0);
      return (await ana.hear()).qos;
    },
  },
  {
    title: 'QoS 2 is answered with PUBREC',
    clause: 'MQTT-4.3.3-2',
    standard: 'pubrec',
    deviations: {
      yaguts: {
        observed: 'closed',
        told: 'QoS 2 is not spoken: a QoS 2 PUBLISH closes its connection, a will with QoS 2 is refused with code 5',
      },
    },
    async observe(stage) {
      const api = await stage.join('api');
      await api.publish(stage.event, 'x', { qos: 2 });
      return (await api.answer())?.cmd ?? 'closed';
    },
  },
  {
    title: 'a payload is bytes: each of the 256 goes through',
    clause: '3.3.3',
    standard: 256,
    async observe(stage) {
      const ana = await stage.join('ana');
      await ana.subscribe(stage.event);
      const all = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
      await (await stage.join('api')).publish(stage.event, all);
      return (await ana.hear()).payload === all.toString() ? all.length : 'changed';
    },
  },
  {
    title: 'a message of 60,000 bytes arrives whole',
    clause: '2.2.3',
    standard: 60_000,
    async observe(stage) {
      const ana = await stage.join('ana');
      await ana.subscribe(stage.event);
      await (await stage.join('api')).publish(stage.event, 'x'.repeat(60_000));
      return (await ana.hear()).payload.length;
    },
  },
  {
    title: 'a message of 100,000 bytes arrives whole',
    clause: '2.2.3',
    standard: 'acknowledged',
    deviations: {
      yaguts: {
        observed: 'closed',
        told: 'a packet has at most 64 KiB (4 KiB before CONNECT is through); a larger one closes its connection',
      },
    },
    async observe(stage) {
      const api = await stage.join('api');
      return api.publish(stage.event, 'x'.repeat(100_000)).then(
        () => 'acknowledged',
        () => 'closed',
      );
    },
  },
];
