import { topicFilter } from '@yaguts/shared';
import mqtt, { type MqttClient } from 'mqtt';
import type { Link } from './core/ports.ts';

export interface MqttLinkOptions {
  readonly url: string;
  readonly org: string;
  readonly device: string;
  readonly password: string | undefined;
  /** The will of the n-th connection, from 1: topic, payload. */
  readonly willOf: (connection: number) => { topic: string; payload: string };
  readonly onConnected: (connection: number) => void;
  readonly onLost: () => void;
  readonly onMessage: (topic: string, payload: Uint8Array, retained: boolean) => void;
  /** A connection that did not come about; tried again after `retryMs`. */
  readonly onProblem: (problem: LinkProblem) => void;
  readonly random: () => number;
  /** First wait and ceiling of the doubling wait between tries. */
  readonly backoff: { readonly baseMs: number; readonly maxMs: number };
}

export interface LinkProblem {
  /** `refused`: the broker answered, and does not take this credential. */
  readonly kind: 'refused' | 'unreachable' | 'subscription';
  readonly message: string;
  readonly retryMs: number;
}

export interface MqttLink extends Link {
  /** The socket is cut without a word and comes back after so long, as when the Wi-Fi drops. */
  drop(ms: number): void;
  /** DISCONNECT, so that the will does not fire. */
  end(): Promise<void>;
  /** The socket is cut and nothing comes back: what a power cut looks like from the broker. */
  destroy(): void;
}

const keepaliveS = 15;
const connectTimeoutMs = 5_000;
/** A session this long counts as good: the next wait starts from the beginning. */
const goodSessionMs = 60_000;

/** The rows a device reads; `ack` first, entries wait for it, and its config before an offer. */
export function deviceFilters(org: string, device: string): string[] {
  const own = { org, device };
  return [
    topicFilter('jobAck', own),
    topicFilter('startAccepted', own),
    topicFilter('startRejected', own),
    topicFilter('jobCancel', own),
    topicFilter('command', own),
    topicFilter('serverState', {}),
    topicFilter('configDesired', own),
    topicFilter('jobsNext', own),
  ];
}

/**
 * MQTT 3.1.1 over a real socket, a client per connection: every one has a will of its own, a clean session,
 * and nothing of the last is sent again behind the core's back.
 */
export function openMqttLink(options: MqttLinkOptions): MqttLink {
  const username = `${options.org}.${options.device}`;
  let client: MqttClient | undefined;
  let connection = 0;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  let live = false;
  let dropMs: number | undefined;

  function connect(): void {
    const number = ++connection;
    const will = options.willOf(number);
    let connectedAt: number | undefined;
    let cause: Error | undefined;
    const mine = mqtt.connect(options.url, {
      protocolVersion: 4,
      clean: true,
      clientId: username,
      username,
      ...(options.password === undefined ? {} : { password: options.password }),
      keepalive: keepaliveS,
      connectTimeout: connectTimeoutMs,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
    });
    client = mine;

    mine.on('connect', () => {
      connectedAt = performance.now();
      const socket = mine.stream as { setNoDelay?: (on: boolean) => void };
      // Small packets one after another: Nagle would hold the second back for 40 ms.
      socket.setNoDelay?.(true);
      mine.subscribe(deviceFilters(options.org, options.device), { qos: 1 }, (error, granted) => {
        const refused = granted?.filter(({ qos }) => qos > 2).map(({ topic }) => topic) ?? [];
        if (!error && refused.length === 0) return;
        cause = new Error(`subscription refused: ${refused.join(', ') || error?.message}`);
        mine.stream.destroy();
      });
      live = true;
      options.onConnected(number);
    });
    mine.on('message', (topic, payload, packet) => {
      if (live && client === mine) options.onMessage(topic, payload, packet.retain);
    });
    mine.on('error', (error) => {
      cause ??= error;
    });
    mine.once('close', () => {
      if (client !== mine) return;
      client = undefined;
      mine.end(true);
      if (live) {
        live = false;
        options.onLost();
      }
      if (ended) return;
      if (connectedAt !== undefined && performance.now() - connectedAt > goodSessionMs) failures = 0;
      again(cause);
    });
  }

  function again(cause: Error | undefined): void {
    let retryMs = dropMs;
    dropMs = undefined;
    if (retryMs === undefined) {
      const ceiling = Math.min(options.backoff.baseMs * 2 ** failures++, options.backoff.maxMs);
      // Full jitter: a hall of dispensers must not come back in step.
      retryMs = Math.round(ceiling * options.random());
      if (cause) options.onProblem({ ...problemOf(cause, options.url, username), retryMs });
    }
    timer = setTimeout(connect, retryMs);
  }

  connect();
  return {
    publish(topic, payload, { qos, retain }) {
      if (!live || !client) return false;
      // The callback is the PUBACK, which proves nothing; the core waits for the api's own ack.
      client.publish(topic, payload, { qos, retain }, () => {});
      return true;
    },
    drop(ms) {
      if (client) {
        dropMs = ms;
        client.stream.destroy();
      } else {
        clearTimeout(timer);
        timer = setTimeout(connect, ms);
      }
    },
    async end() {
      ended = true;
      clearTimeout(timer);
      const mine = client;
      if (!mine) return;
      await new Promise<void>((resolve) => {
        mine.once('close', () => resolve());
        mine.end(!mine.connected);
      });
    },
    destroy() {
      ended = true;
      live = false;
      clearTimeout(timer);
      const mine = client;
      client = undefined;
      mine?.stream.destroy();
      mine?.end(true);
    },
  };
}

function problemOf(cause: Error, url: string, username: string): Omit<LinkProblem, 'retryMs'> {
  const code = (cause as { code?: number | string }).code;
  // CONNACK return codes [MQTT-3.2.2-3]: 4 bad user name or password, 5 not authorized.
  if (code === 4 || code === 5) {
    return {
      kind: 'refused',
      message: `the broker at ${url} refuses the credential of ${username} (CONNACK ${code})`,
    };
  }
  if (cause.message.startsWith('subscription refused'))
    return { kind: 'subscription', message: cause.message };
  return { kind: 'unreachable', message: `no connection to ${url}: ${textOf(cause)}` };
}

/** Node gives one error per address tried, and an empty message around them. */
function textOf(cause: Error): string {
  if (cause instanceof AggregateError)
    return [...new Set(cause.errors.map(({ message }) => message))].join(', ');
  return cause.message;
}
