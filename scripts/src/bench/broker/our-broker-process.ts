import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBroker, upgradeServerOptions } from '@yaguts/broker';
import { type Principal, permissionsOf } from '@yaguts/shared';
import { benchOrg } from '../bench-kitchen.ts';
import { answerParent } from '../child.ts';
import {
  type BrokerQuestions,
  listeningPort,
  type Ports,
  residentMib,
  retainedTopic,
} from './broker-questions.ts';
import { type CommitFirst, openCommitFirst } from './commit-first.ts';

/** Our broker with its rights, guards and credentials, without the api. Caps of rate and address are lifted. */

const pepper = randomBytes(32);
const hashOf = (secret: Uint8Array): Buffer => createHmac('sha256', pepper).update(secret).digest();
/** One secret for all: what is measured is the hash and the comparison, as the platform does them. */
const known = hashOf(Buffer.from('-'));

/** `bench.d-1` is a device, `u.bench.1` a tab of a person who hears everything of the organisation. */
function principalOf(clientId: string): Principal {
  const [org, name = ''] = clientId.split('.');
  if (org !== 'u') return { kind: 'device', org: benchOrg, device: name, credential: clientId };
  const permissions = permissionsOf.operador;
  return { kind: 'user', org: benchOrg, user: name, permissions, via: 'session', credential: clientId };
}

const unlimited = { perSecond: 1e9, burst: 1e9 };
const broker = await createBroker({
  authenticate: ({ clientId, password = new Uint8Array() }) =>
    timingSafeEqual(hashOf(password), known) ? principalOf(clientId) : undefined,
  limits: {
    connectionsPerUser: 1e9,
    ...(process.env.BENCH_CAPS === 'on'
      ? {}
      : {
          publishesPerDevice: unlimited,
          requestsPerConnection: unlimited,
          connectsPerAddress: unlimited,
          halfOpenPerAddress: 1e9,
        }),
  },
});
const http = createServer(upgradeServerOptions);
http.on('upgrade', (request, socket, head) => broker.handleUpgrade(request, socket, head));
let store: CommitFirst | undefined;

answerParent(
  {
    async listen({ tls }: { tls?: { key: string; cert: string } }): Promise<Ports> {
      const at = { host: '127.0.0.1', port: 0 };
      const { port } = await broker.listenTcp(at);
      const wsPort = await listeningPort(http);
      return { port, wsPort, ...(tls && { tlsPort: (await broker.listenTls({ ...at, ...tls })).port }) };
    },
    retain(count: number) {
      for (let i = 0; i < count; i++) broker.publish(retainedTopic(i), '{"v":1}', { qos: 1, retain: true });
    },
    commitFirst() {
      store = openCommitFirst(join(tmpdir(), `yaguts-bench-${process.pid}.db`));
      const { keep } = store;
      broker.setInbound(({ topic, payload }) => keep(topic, payload));
    },
    kept: () => store?.count(),
    residentMib,
  } satisfies Partial<Record<keyof BrokerQuestions, unknown>>,
  async () => {
    http.close();
    await broker.close();
    store?.close();
  },
);
