import type { Principal, TopicMatch } from '@yaguts/shared';

/** A message of somebody else, its topic already matched with the table. */
export interface InboundMessage {
  readonly principal: Principal;
  readonly topic: string;
  readonly match: TopicMatch;
  readonly payload: Buffer;
  readonly retain: boolean;
}

export interface LiveClient {
  readonly principal: Principal;
  readonly clientId: string;
}

/**
 * The way to the broker. Two implementations: {@link embeddedTransport} for the broker in this process, where
 * a PUBACK waits for the handler, and {@link clientTransport} for an external one, where only our own `ack`
 * means anything. Both pass one contract test.
 */
export interface Transport {
  /** Never throws and never waits; what is lost is published again from the database. */
  publish(topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }): void;
  /** The handler's promise ends after the commit; a rejection refuses the message as far as the broker allows. */
  setInbound(handler: (message: InboundMessage) => Promise<void>): void;
  /** Called for a message after it was handled and after the broker has stored and forwarded it. */
  onRouted(listener: (topic: string, retain: boolean, payload: Uint8Array) => void): void;
  /** Called when the connection stands, at first and after each loss. */
  onReady(listener: () => void): void;
  /** Called when a person has subscribed to their own events; only where the broker is in this process. */
  onSubscribed(listener: (principal: Principal) => void): void;
  /** Topics that the broker retains from an earlier life and that are the api's to clear. */
  retainedTopics(): Promise<readonly string[]>;
  /** Closes connections; answers how many, 0 where the broker is not ours to command. */
  disconnect(match: (principal: Principal) => boolean): number;
  clients(): readonly LiveClient[];
  isReady(): boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
}
