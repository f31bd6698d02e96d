import { type Principal, type TopicMatch, topicFilter } from '@yaguts/shared';
import type { LiveClient, Transport } from './transport.ts';

/** What is needed of the broker in this process; `Broker` of the broker room is one by its shape. */
export interface EmbeddedBroker {
  publish(topic: string, payload: string | Uint8Array, options: { qos: 0 | 1; retain: boolean }): void;
  setInbound(
    handler: (message: {
      readonly principal: Principal;
      readonly topic: string;
      readonly match: TopicMatch;
      readonly payload: Buffer;
      readonly retain: boolean;
    }) => Promise<void> | void,
  ): void;
  onRouted(listener: (topic: string, retain: boolean, payload: Buffer) => void): void;
  onConnection(
    listener: (change: {
      readonly kind: 'connected' | 'subscribed' | 'closed' | 'takeover';
      readonly principal: Principal;
      readonly filters?: readonly string[];
    }) => void,
  ): void;
  disconnect(match: (principal: Principal) => boolean): number;
  clients(): readonly LiveClient[];
}

/**
 * The transport over the broker in this process: the handler runs between rights and PUBACK, so that even the
 * PUBACK tells the truth. The broker starts empty, so there is nothing from an earlier life to clear.
 */
export function embeddedTransport(broker: EmbeddedBroker): Transport {
  const ready: (() => void)[] = [];
  let isReady = false;
  return {
    publish: (topic, payload, options) => broker.publish(topic, payload, options),
    setInbound: (handler) => broker.setInbound(handler),
    onRouted: (listener) => broker.onRouted(listener),
    onReady: (listener) => void ready.push(listener),
    onSubscribed: (listener) =>
      broker.onConnection(({ kind, principal, filters }) => {
        if (kind === 'subscribed' && principal.kind === 'user' && hearsOwn(principal, filters ?? [])) {
          listener(principal);
        }
      }),
    retainedTopics: async () => [],
    disconnect: (match) => broker.disconnect(match),
    clients: () => broker.clients(),
    isReady: () => isReady,
    start: async () => {
      isReady = true;
      for (const listener of ready) listener();
    },
    stop: async () => {
      isReady = false;
    },
  };
}

/** Whether a person now hears the events that are for them alone. */
function hearsOwn({ org, user }: { org: string; user: string }, filters: readonly string[]): boolean {
  const own = [
    topicFilter('userEvent', { org, user }),
    topicFilter('userEvent', { org }),
    `yaguts/v1/${org}/#`,
  ];
  return filters.some((filter) => own.includes(filter) || filter === `yaguts/v1/${org}/users/${user}/#`);
}
