import type { Check } from './check.ts';

/** SUBSCRIBE, UNSUBSCRIBE, filters. */

const demo = 'yaguts/v1/demo';

export const subscriptionChecks: readonly Check[] = [
  {
    title: 'each filter of a SUBSCRIBE has its return code, in their order',
    clause: 'MQTT-3.8.4-5, MQTT-3.9.3-1',
    standard: [1, 1, 1],
    observe: async (stage) =>
      (await stage.join('ana')).subscribe([stage.event, stage.state, `${demo}/estoque/+/+`]),
  },
  {
    title: 'a filter that stands twice in one SUBSCRIBE has two return codes',
    clause: 'MQTT-3.8.4-5',
    standard: [1, 1],
    deviations: {
      yaguts: { observed: [1], told: 'a filter that stands twice in one SUBSCRIBE is answered once' },
    },
    observe: async (stage) => (await stage.join('ana')).subscribe([stage.event, stage.event]),
  },
  {
    title: 'QoS 2 may be asked for: what is granted is no more than that',
    clause: 'MQTT-3.8.4-6',
    standard: [2],
    deviations: {
      yaguts: { observed: [1], told: 'QoS 2 is granted as QoS 1, the most that is ever delivered (allowed)' },
    },
    observe: async (stage) => (await stage.join('ana')).subscribe(stage.event, 2),
  },
  {
    title: 'subscribing again takes the place of the subscription and brings the retained message again',
    clause: 'MQTT-3.8.4-3',
    standard: { again: ['there', 'there'], live: [0] },
    async observe(stage) {
      const api = await stage.join('api');
      await api.publish(stage.state, 'there', { retain: true });
      const ana = await stage.join('ana');
      await ana.subscribe(stage.state, 1);
      const first = await ana.hear();
      await ana.subscribe(stage.state, 0);
      const second = await ana.hear();
      await ana.subscribe(stage.event);
      await api.publish(stage.state, 'live', { retain: true });
      await api.publish(stage.event, 'end');
      const live = (await ana.heardUntil('end')).map(({ qos }) => qos);
      return { again: [first.payload, second.payload], live };
    },
  },
  {
    title: 'a message that two subscriptions match comes once, at the higher QoS',
    clause: 'MQTT-3.3.5-1',
    standard: [1],
    async observe(stage) {
      const ana = await stage.join('ana');
      await ana.subscribe(`${demo}/events/+`, 0);
      await ana.subscribe(stage.event, 1);
      await ana.subscribe(stage.entry, 1);
      const api = await stage.join('api');
      await api.publish(stage.event, 'x');
      await api.publish(stage.entry, 'end');
      return (await ana.heardUntil('end')).map(({ qos }) => qos);
    },
  },
  {
    title: 'a retained message that two filters of one SUBSCRIBE match comes once for each',
    clause: '3.8.4',
    standard: 2,
    async observe(stage) {
      const api = await stage.join('api');
      await api.publish(stage.state, 'there', { retain: true });
      const ana = await stage.join('ana');
      await ana.subscribe([stage.state, stage.state.replace('/state', '/+'), stage.event]);
      // A live message may overtake a replay, so both copies are waited for.
      const copies = [await ana.hear(), await ana.hear()];
      return copies.filter(({ payload, retain }) => payload === 'there' && retain).length;
    },
  },
  {
    title: '+ stands for one level, # for all below and the level itself',
    clause: 'MQTT-4.7.1-2, -3',
    standard: { plus: ['event'], hash: ['state'], narrow: [] },
    async observe(stage) {
      const api = await stage.join('api');
      const heardBy = async (filter: string): Promise<string[]> => {
        const ana = await stage.join('ana', { clientId: `hears ${filter.length}` });
        await ana.subscribe([filter, stage.entry]);
        await api.publish(stage.event, 'event');
        await api.publish(stage.state, 'state', { retain: true });
        await api.publish(`${demo}/users/ana/events/connected`, 'deeper');
        await api.publish(stage.entry, 'end');
        return (await ana.heardUntil('end')).map(({ payload }) => payload);
      };
      return {
        plus: await heardBy(`${demo}/events/+`),
        hash: await heardBy(`${stage.state}/#`).then((heard) => heard.slice(-1)),
        narrow: await heardBy(`${stage.state}/+`),
      };
    },
  },
  {
    title: 'topics differ in the case of their letters',
    clause: 'MQTT-4.7.3-4',
    standard: [],
    async observe(stage) {
      const ana = await stage.join('ana');
      await ana.subscribe([stage.event.toUpperCase().replace('YAGUTS/V1/DEMO', demo), stage.entry]);
      const api = await stage.join('api');
      await api.publish(stage.event, 'x');
      await api.publish(stage.entry, 'end');
      return ana.heardUntil('end');
    },
  },
  {
    title: 'a filter that begins with a wildcard does not match topics that begin with $',
    clause: 'MQTT-4.7.2-1',
    standard: { codes: [1, 1], system: [] },
    deviations: {
      yaguts: {
        observed: { codes: [0x80, 0x80], system: [] },
        told: 'filters go by the rights of the contract: `#`, `$SYS/#`, `$share/…` and other organisations are refused with 0x80',
      },
    },
    async observe(stage) {
      const ana = await stage.join('ana');
      const codes = await ana.subscribe(['#', '+/#']);
      await ana.subscribe(stage.entry);
      await (await stage.join('api')).publish(stage.entry, 'end');
      const heard = await ana.heardUntil('end');
      return { codes, system: heard.filter(({ topic }) => topic.startsWith('$')) };
    },
  },
  {
    title: 'UNSUBACK has the packet id of UNSUBSCRIBE, even where nothing was subscribed',
    clause: 'MQTT-3.10.4-4, -5',
    standard: 77,
    observe: async (stage) => (await stage.join('ana')).unsubscribe(stage.event, 77),
  },
  {
    title: 'nothing more comes of a filter that was left',
    clause: 'MQTT-3.10.4-2',
    standard: [],
    async observe(stage) {
      const ana = await stage.join('ana');
      await ana.subscribe([stage.event, stage.entry]);
      await ana.unsubscribe(stage.event);
      const api = await stage.join('api');
      await api.publish(stage.event, 'x');
      await api.publish(stage.entry, 'end');
      return ana.heardUntil('end');
    },
  },
  {
    title: 'a filter is left by its own characters: leaving one that matches the same leaves the other',
    clause: 'MQTT-3.10.4-1',
    standard: ['x'],
    async observe(stage) {
      const ana = await stage.join('ana');
      await ana.subscribe([`${demo}/events/+`, stage.entry]);
      await ana.unsubscribe(stage.event);
      const api = await stage.join('api');
      await api.publish(stage.event, 'x');
      await api.publish(stage.entry, 'end');
      return (await ana.heardUntil('end')).map(({ payload }) => payload);
    },
  },
  {
    title: 'a session that is taken up again does not bring retained messages again',
    clause: '3.1.2.4',
    standard: [],
    async observe(stage) {
      const api = await stage.join('api');
      await api.publish(stage.state, 'there', { retain: true });
      const ana = await stage.join('ana', { clean: false });
      await ana.subscribe([stage.state, stage.event]);
      await ana.hear();
      await ana.ping();
      await ana.disconnect();
      const back = await stage.join('ana', { clean: false });
      await api.publish(stage.event, 'end');
      return back.heardUntil('end');
    },
  },
];
