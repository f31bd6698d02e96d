import {
  matchTopic,
  type Principal,
  type TopicKey,
  type TopicMatch,
  topicFilter,
  topicKeys,
  topics,
} from '@yaguts/shared';
import mqtt, { type MqttClient } from 'mqtt';
import { externalCredential } from '../flows/external-person.ts';
import type { InboundMessage, Transport } from './transport.ts';

export interface ClientTransportOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`; user and password stand beside it, never in it. */
  readonly url: string;
  readonly instance: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly will: { readonly topic: string; readonly payload: string };
  readonly log: (event: string, fields?: Readonly<Record<string, unknown>>) => void;
  /** How long the broker is given to say what it retains. */
  readonly sweepMs?: number;
}

/** Rows that others publish and the api reads. */
const inboundKeys: readonly TopicKey[] = topicKeys.filter((key) => topics[key].from !== 'api');
/** Rows that the api retains: what of them is in no database any more is an orphan. */
const ownRetained: readonly TopicKey[] = topicKeys.filter(
  (key) => topics[key].from === 'api' && topics[key].retain === 'state' && key !== 'serverState',
);
/** Nothing is ever retained here: the empty message that comes back marks the end of what was. */
const fenceTopic = (instance: string): string => `yaguts/v1/_server/fence/${instance}`;

/**
 * The transport over an external broker. The session is kept (clean=false, one fixed id), so that reports
 * that come while the api is away are delivered later. A PUBACK from here proves nothing to a device, and a
 * handler that fails cannot refuse: the device sends again until our `ack`.
 */
export function clientTransport(options: ClientTransportOptions): Transport {
  const { log, instance } = options;
  const ready: (() => void)[] = [];
  const routed: ((topic: string, retain: boolean, payload: Uint8Array) => void)[] = [];
  let handler: ((message: InboundMessage) => Promise<void>) | undefined;
  let client: MqttClient | undefined;
  let sweeping: { seen: Set<string>; done: () => void } | undefined;

  async function receive(topic: string, payload: Buffer, retain: boolean): Promise<void> {
    if (topic === fenceTopic(instance)) return sweeping?.done();
    const match = matchTopic(topic);
    if (!match) return;
    if (topics[match.key].from === 'api') {
      if (payload.length > 0) sweeping?.seen.add(topic);
      return;
    }
    // A client hears itself in MQTT 3.1.1: an empty payload is our own clearing.
    if (payload.length === 0 || !handler) return;
    try {
      await handler({ principal: principalOf(match), topic, match, payload, retain });
    } catch (error) {
      log('inbound_failed', { topic, error });
      return;
    }
    // An external broker may have the message retained although it is forwarded without the flag.
    for (const listener of routed) listener(topic, topics[match.key].retain !== 'never', payload);
  }

  async function connected(now: MqttClient): Promise<void> {
    try {
      const filters = Object.fromEntries(
        inboundKeys.map((key) => [topicFilter(key, {}), { qos: topics[key].qos }]),
      );
      await now.subscribeAsync({ ...filters, [fenceTopic(instance)]: { qos: 1 as const } });
    } catch (error) {
      if (now.connected) log('subscribe_failed', { error });
      return;
    }
    for (const listener of ready) listener();
  }

  return {
    publish: (topic, payload, { qos, retain }) => {
      client?.publish(topic, payload, { qos, retain }, (error) => {
        if (error && client) log('publish_failed', { topic, error });
      });
    },
    setInbound: (given) => {
      handler = given;
    },
    onRouted: (listener) => void routed.push(listener),
    onReady: (listener) => void ready.push(listener),
    // Who subscribes is not told by an external broker.
    onSubscribed: () => undefined,

    async retainedTopics() {
      const now = client;
      if (!now?.connected) return [];
      const seen = new Set<string>();
      const filters = ownRetained.map((key) => topicFilter(key, {}));
      await new Promise<void>((resolve) => {
        // Brokers send what they retain before what comes later, so our own word marks the end; the time
        // limit is for one that does not.
        const late = setTimeout(resolve, options.sweepMs ?? 5_000);
        sweeping = {
          seen,
          done: () => {
            clearTimeout(late);
            resolve();
          },
        };
        now
          .subscribeAsync(filters, { qos: 1 })
          .then(() => now.publishAsync(fenceTopic(instance), '', { qos: 1, retain: true }))
          .catch((error) => log('sweep_failed', { error }));
      });
      sweeping = undefined;
      await now.unsubscribeAsync(filters).catch(() => undefined);
      return [...seen];
    },

    disconnect: () => 0,
    clients: () => [],
    isReady: () => client?.connected ?? false,

    async start() {
      client = mqtt.connect(options.url, {
        clientId: `_server.${instance}`,
        username: options.username ?? `_server.${instance}`,
        ...(options.password === undefined ? {} : { password: options.password }),
        protocolVersion: 4,
        clean: false,
        resubscribe: false,
        reconnectPeriod: 1_000,
        reconnectOnConnackError: true,
        will: { ...options.will, payload: Buffer.from(options.will.payload), qos: 1, retain: true },
      });
      const now = client;
      now.on('connect', () => void connected(now));
      now.on('message', (topic, payload, packet) => void receive(topic, payload, packet.retain));
      now.on('error', (error) => log('mqtt_error', { error }));
      now.on('close', () => log('mqtt_closed'));
    },

    async stop() {
      const now = client;
      client = undefined;
      // What was published last (`_server/state` offline) goes out before the goodbye.
      await now?.endAsync(!now.connected);
    },
  };
}

/** Whose message it is can only be told by its topic: the external broker has checked the rights. */
function principalOf(match: TopicMatch): Principal {
  const { org = '', device = '', user, code } = match.params as Readonly<Record<string, string>>;
  const credential = externalCredential;
  if (user !== undefined) return { kind: 'user', org, user, permissions: [], via: 'token', credential };
  if (code !== undefined) return { kind: 'claim', code, credential };
  return { kind: 'device', org, device, credential };
}
