import { type Broker, createBroker } from '@yaguts/broker';
import { createScriptedApi, type ScriptedApi } from './scripted-api.ts';

export interface BrokerWithApi {
  readonly api: ScriptedApi;
  readonly broker: Broker;
  readonly url: string;
  /** Resolves as soon as it holds; asked after each message. */
  until(holds: () => boolean): Promise<void>;
  close(): Promise<void>;
}

/** The real broker on a free port of 127.0.0.1, with the scripted api behind it for one device. */
export async function startBrokerWithApi(who: {
  org: string;
  device: string;
  password: string;
}): Promise<BrokerWithApi> {
  const broker = await createBroker({
    authenticate: ({ username, password }) =>
      username === `${who.org}.${who.device}` && Buffer.from(password ?? []).toString() === who.password
        ? { kind: 'device', org: who.org, device: who.device, credential: 'c1' }
        : undefined,
  });
  const { port } = await broker.listenTcp({ host: '127.0.0.1', port: 0 });
  const api = createScriptedApi({
    ...who,
    now: Date.now,
    publish: (topic, payload, options) => broker.publish(topic, payload, options),
  });
  const waiting = new Set<() => void>();
  broker.setInbound(({ topic, payload }) => {
    api.receive(topic, payload);
    for (const check of waiting) check();
  });
  api.replayRetained();
  return {
    api,
    broker,
    url: `mqtt://127.0.0.1:${port}`,
    until: (holds) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!holds()) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    close: () => broker.close(),
  };
}
