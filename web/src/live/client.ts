import type { Credential, FromEngine, Link, LinkInfo } from './protocol.ts';

/** What `POST /api/session/mqtt-token` answers. */
export interface MqttToken {
  readonly token: string;
  readonly expires_at: number;
  readonly url: string;
  readonly username: string;
}

export interface LiveClientOptions {
  readonly org: string;
  readonly user: string;
  readonly link: Link;
  /** Fetches a fresh token; its rejection counts as one failed try. */
  readonly token: () => Promise<MqttToken>;
  /** Origin for a `url` that is only a path; default: the page's. */
  readonly origin?: string;
}

export type ClientState = 'CONNECTING' | 'OPEN' | 'CLOSED';
type Listener = (data: never) => void;

const answerMs = 10_000;

/**
 * The real-time client, with the names its users know: `connect, on, off, send, isConnected, getState,
 * disconnect`. Events:
 *
 * - `connected` once the first subscription is granted, and again with the welcome's data
 * - `disconnected`, `error`, and `reconnect:failed` `{ attempts: 10 }`
 * - `badge` `{ permission_pending, unread }`, at arrival and whenever it changes
 * - every event of the org or the person by its own name: `task:created`, `agent:execution:complete`, …
 * - for those who build on it: `link` ({@link LinkInfo}) and `batch` (messages as they came)
 *
 * After `disconnect()` it never connects again; after a loss it does, 3 s × 1.5ⁿ, ten times.
 */
export class LiveClient {
  readonly org: string;
  readonly user: string;
  readonly #link: Link;
  readonly #token: LiveClientOptions['token'];
  readonly #origin: string;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #waiting = new Map<number, (message: FromEngine) => void>();
  readonly #answers = new Map<string, (payload: Answer) => void>();
  #info: LinkInfo = { state: 'closed', attempt: 0, nextAt: null };
  #ids = 0;
  #isStarted = false;
  #wasOpen = false;

  constructor(options: LiveClientOptions) {
    this.org = options.org;
    this.user = options.user;
    this.#link = options.link;
    this.#token = options.token;
    this.#origin = options.origin ?? globalThis.location?.origin ?? '';
    this.#link.listen((message) => this.#hear(message));
  }

  /** Starts connecting. Rejects when no token can be had for the first try (nobody is logged in). */
  async connect(): Promise<void> {
    if (this.#isStarted) return this.retry();
    this.#isStarted = true;
    const random = crypto.randomUUID().replaceAll('-', '').slice(0, 12);
    try {
      const credential = await this.#credential();
      this.#link.post({ t: 'start', clientId: `u.${this.user}.${random}`, credential });
    } catch (error) {
      this.#isStarted = false;
      this.#emit('error', error);
      throw error;
    }
  }

  on<T = unknown>(event: string, listener: (data: T) => void): this {
    const set = this.#listeners.get(event) ?? new Set();
    set.add(listener as Listener);
    this.#listeners.set(event, set);
    return this;
  }

  off<T = unknown>(event: string, listener: (data: T) => void): this {
    this.#listeners.get(event)?.delete(listener as Listener);
    return this;
  }

  isConnected(): boolean {
    return this.#info.state === 'open';
  }

  getState(): ClientState {
    const { state } = this.#info;
    if (state === 'open') return 'OPEN';
    return state === 'connecting' || state === 'waiting' ? 'CONNECTING' : 'CLOSED';
  }

  get link(): LinkInfo {
    return this.#info;
  }

  /**
   * One of the main operations over MQTT (`jobs.create`, `jobs.cancel`, `events.send`, …): publishes
   * `users/{me}/req/{type}` and resolves with the data of its answer.
   *
   * @throws the problem document when refused; an Error when not connected or after 10 s without an answer
   */
  async send(type: string, data: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = typeof data.id === 'string' ? data.id : crypto.randomUUID();
    const answered = new Promise<Answer>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#answers.delete(id);
        reject(new Error(`no answer to ${type} within ${answerMs} ms`));
      }, answerMs);
      this.#answers.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
    answered.catch(() => {}); // its rejection is seen below, or superseded by the publish's own
    await this.#publish(`yaguts/v1/${this.org}/users/${this.user}/req/${type}`, { ...data, id });
    const answer = await answered;
    if (!answer.ok) throw answer.problem;
    return answer.data;
  }

  /** Ends the connection for good. */
  disconnect(): void {
    this.#link.post({ t: 'stop' });
    this.#isStarted = false;
  }

  /** Subscribes; resolves with the filters that were refused, or undefined when the connection was not there. */
  async subscribe(filters: readonly string[]): Promise<readonly string[] | undefined> {
    const id = ++this.#ids;
    const answer = await this.#ask(id, () => this.#link.post({ t: 'subscribe', id, filters }));
    if (answer.t !== 'suback' || !answer.ok) return undefined;
    return answer.refused;
  }

  unsubscribe(filters: readonly string[]): void {
    this.#link.post({ t: 'unsubscribe', filters });
  }

  /** Says that the subscriptions of this connection stand; `connected` is told once per connection. */
  confirm(): void {
    if (this.isConnected()) this.#emit('connected', { org: this.org, user: this.user });
  }

  retry(): void {
    this.#link.post({ t: 'retry' });
  }
  probe(): void {
    this.#link.post({ t: 'probe' });
  }
  pause(): void {
    this.#link.post({ t: 'pause' });
  }

  /** Tells how long drawing the last batch took, so that states come no faster than the page can show them. */
  drawn(ms: number): void {
    this.#link.post({ t: 'drawn', ms });
  }

  async #publish(topic: string, payload: object): Promise<void> {
    const id = ++this.#ids;
    const post = () => this.#link.post({ t: 'publish', id, topic, payload: JSON.stringify(payload) });
    const answer = await this.#ask(id, post);
    if (answer.t !== 'puback' || !answer.ok) throw new Error('not connected');
  }

  #ask(id: number, post: () => void): Promise<FromEngine> {
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      post();
    });
  }

  async #credential(): Promise<Credential> {
    const { token, username, url, expires_at } = await this.#token();
    const absolute = new URL(url, this.#origin);
    absolute.protocol = absolute.protocol === 'https:' || absolute.protocol === 'wss:' ? 'wss:' : 'ws:';
    return { token, username, url: absolute.href, receivedAt: Date.now(), expiresAt: expires_at };
  }

  async #renew(): Promise<void> {
    try {
      this.#link.post({ t: 'credential', credential: await this.#credential() });
    } catch (error) {
      this.#emit('error', error);
      this.#link.post({ t: 'no-credential' });
    }
  }

  #hear(message: FromEngine): void {
    switch (message.t) {
      case 'need-credential':
        void this.#renew();
        return;
      case 'suback':
      case 'puback':
        this.#waiting.get(message.id)?.(message);
        this.#waiting.delete(message.id);
        return;
      case 'state': {
        this.#info = message;
        if (this.#wasOpen && message.state !== 'open') {
          this.#wasOpen = false;
          this.#emit('disconnected', { state: message.state });
        }
        this.#wasOpen ||= message.state === 'open';
        this.#emit('link', this.#info);
        if (message.state === 'failed') this.#emit('reconnect:failed', { attempts: message.attempt });
        return;
      }
      case 'batch':
        for (const [topic, payload] of message.events) this.#event(topic, payload);
        for (const [topic, payload] of message.states) this.#state(topic, payload);
        this.#emit('batch', message);
    }
  }

  /** Org and personal events by name, answers to {@link send}. */
  #event(topic: string, payload: string): void {
    const [, , org, room, second, third, last] = topic.split('/');
    if (org !== this.org || !payload) return;
    if (room === 'users' && second === this.user && third === 'res') {
      const answer = parse<Answer>(payload);
      if (!answer) return;
      this.#answers.get(answer.id)?.(answer);
      this.#answers.delete(answer.id);
      return;
    }
    const name = room === 'events' ? second : room === 'users' && third === 'events' ? last : undefined;
    const event = name ? parse<{ data: unknown }>(payload) : undefined;
    if (name && event) this.#emit(name, event.data);
  }

  /** The person's own badge, as `badge`. */
  #state(topic: string, payload: string): void {
    if (topic !== `yaguts/v1/${this.org}/users/${this.user}/badge`) return;
    this.#emit('badge', parse(payload) ?? { permission_pending: 0, unread: 0 });
  }

  #emit(event: string, data: unknown): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])])
      (listener as (data: unknown) => void)(data);
  }
}

interface Answer {
  readonly id: string;
  readonly ok: boolean;
  readonly data?: unknown;
  readonly problem?: unknown;
}

function parse<T>(payload: string): T | undefined {
  try {
    return JSON.parse(payload) as T;
  } catch {
    return undefined;
  }
}
