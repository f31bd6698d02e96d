import { randomBytes } from 'node:crypto';
import { matchTopic, type ParamsOf, type PayloadOf, type TopicKey, topic } from '@yaguts/shared';
import { createRates } from '../identity/rates.ts';
import { mao, openTestStore, org, type TestStore } from '../store/test-store.ts';
import { createClearing } from './clearing.ts';
import type { FlowDeps } from './deps.ts';
import { createHandleInbound } from './handle-inbound.ts';

export interface Published {
  readonly key: TopicKey;
  readonly params: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>> | null;
}

/** For tests: the flows over a real store, with ears where a broker would be. */
export interface TestFlows extends TestStore {
  readonly deps: FlowDeps & { readonly store: TestStore['store'] };
  now: number;
  readonly published: Published[];
  readonly notified: { org: string; type: string; data: Record<string, unknown>; user?: string }[];
  readonly logged: { event: string; fields: Record<string, unknown> }[];
  /** Topics whose retained copy was cleared. */
  readonly cleared: string[];
  /** Hears a message of a device (`mao` by default) as the transport would hand it over, and routes it. */
  hear<K extends TopicKey>(
    key: K,
    params: Omit<ParamsOf<K>, 'org' | 'device'>,
    payload: PayloadOf<K> | string | Buffer,
    device?: string,
  ): Promise<void>;
  /** What was last published on a topic. */
  last(key: TopicKey, params?: Readonly<Record<string, unknown>>): Published['payload'] | undefined;
  /** What was published under a key since the last call of `forget`. */
  all(key: TopicKey): Published['payload'][];
  forget(): void;
  /** Lets acks out: they leave at the end of the turn. */
  settled(): Promise<void>;
}

export async function openTestFlows(): Promise<TestFlows> {
  const base = await openTestStore();
  const published: Published[] = [];
  const notified: TestFlows['notified'] = [];
  const logged: TestFlows['logged'] = [];
  const cleared: string[] = [];
  const clock = { now: 100 };
  const deps: TestFlows['deps'] = {
    store: base.store,
    publish: (key, params, payload) => {
      topic(key, params);
      const said = typeof payload === 'string' ? JSON.parse(payload) : payload;
      published.push({ key, params: params as never, payload: said as never });
    },
    notify: (to, type, data, user) =>
      void notified.push({ org: to, type, data: { ...data }, ...(user !== undefined && { user }) }),
    disconnect: () => 0,
    clients: () => [],
    now: () => clock.now,
    random: randomBytes,
    rates: createRates(600, () => clock.now),
    log: (event, fields = {}) => void logged.push({ event, fields: { ...fields } }),
    config: { version: '0.3.0', development: false },
  };
  const clearing = createClearing((name) => void cleared.push(name));
  const handle = createHandleInbound(deps, clearing);
  const flows: TestFlows = {
    ...base,
    ...{ deps, published, notified, logged, cleared },
    get now() {
      return clock.now;
    },
    set now(at) {
      clock.now = at;
    },
    async hear(key, params, payload, device = mao) {
      const name = topic(key, { ...params, org, device } as never);
      const bytes = Buffer.isBuffer(payload)
        ? payload
        : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
      const principal = { kind: 'device' as const, org, device, credential: 'd:1' };
      const match = matchTopic(name);
      if (!match) throw new Error(`no row for ${name}`);
      await handle({ principal, topic: name, match, payload: bytes });
      clearing.routed(name, true, bytes);
    },
    last: (key, params = {}) =>
      published.findLast(
        (one) => one.key === key && Object.entries(params).every(([n, v]) => one.params[n] === v),
      )?.payload,
    all: (key) => published.filter((one) => one.key === key).map((one) => one.payload),
    forget: () => {
      published.length = 0;
      notified.length = 0;
      logged.length = 0;
      cleared.length = 0;
    },
    async settled() {
      // Two turns: acks are sent at the end of one, announcements may need the next.
      for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return flows;
}
