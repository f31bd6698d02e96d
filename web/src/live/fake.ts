import type { MqttLike } from './engine.ts';
import type { FromEngine, Link, Message, ToEngine } from './protocol.ts';

/** Scripted other ends for tests: of the engine (mqtt.js) and of the page (the engine). */

type Listeners = Record<string, ((...args: never[]) => void)[]>;

/** A client of mqtt.js that does what the test says. */
export class FakeMqtt implements MqttLike {
  readonly listeners: Listeners = {};
  readonly subscribed: string[][] = [];
  readonly published: [topic: string, payload: string][] = [];
  readonly url: string;
  readonly options: Readonly<Record<string, unknown>>;
  pings = 0;
  isEnded = false;
  /** Filters that the broker refuses. */
  refused: readonly string[] = [];

  constructor(url: string, options: Readonly<Record<string, unknown>>) {
    this.url = url;
    this.options = options;
  }
  on(event: string, listener: (...args: never[]) => void): this {
    (this.listeners[event] ??= []).push(listener);
    return this;
  }
  emit(event: string, ...args: unknown[]): void {
    for (const listener of this.listeners[event] ?? []) listener(...(args as never[]));
  }
  subscribe(filters: string[], _options: unknown, done: Parameters<MqttLike['subscribe']>[2]): void {
    this.subscribed.push(filters);
    const granted = filters.map((filter) => (this.refused.includes(filter) ? 128 : 1));
    const error = granted.includes(128) ? new Error('Subscribe error: Unspecified error') : null;
    done(error, undefined, { granted });
  }
  unsubscribe(): void {}
  publish(topic: string, payload: string, _options: unknown, done: (error?: Error) => void): void {
    this.published.push([topic, payload]);
    done();
  }
  sendPing(): void {
    this.pings++;
  }
  end(): void {
    this.isEnded = true;
  }
}

/** An engine that does what the test says; subscriptions are granted unless refused. */
export class FakeLink implements Link {
  readonly posted: ToEngine[] = [];
  refused: readonly string[] = [];
  #listener: (message: FromEngine) => void = () => {};
  #isOpen = false;

  post(message: ToEngine): void {
    this.posted.push(message);
    if (message.t === 'start') this.open();
    if (message.t === 'stop') this.lose('closed');
    if (message.t === 'subscribe') {
      const refused = message.filters.filter((filter) => this.refused.includes(filter));
      this.tell({ t: 'suback', id: message.id, ok: this.#isOpen, refused });
    }
    if (message.t === 'publish') this.tell({ t: 'puback', id: message.id, ok: this.#isOpen });
  }
  listen(listener: (message: FromEngine) => void): void {
    this.#listener = listener;
  }
  close(): void {}
  tell(message: FromEngine): void {
    this.#listener(message);
  }
  open(): void {
    this.#isOpen = true;
    this.tell({ t: 'state', state: 'open', attempt: 0, nextAt: null });
  }
  lose(state: 'waiting' | 'failed' | 'closed' = 'waiting', attempt = 1): void {
    this.#isOpen = false;
    this.tell({ t: 'state', state, attempt, nextAt: null });
  }
  states(...states: Message[]): void {
    this.tell({ t: 'batch', states, events: [], dropped: 0 });
  }
  events(...events: Message[]): void {
    this.tell({ t: 'batch', states: [], events, dropped: 0 });
  }
  /** Filters subscribed to, call by call. */
  get subscriptions(): (readonly string[])[] {
    return this.posted.flatMap((message) => (message.t === 'subscribe' ? [message.filters] : []));
  }
}
