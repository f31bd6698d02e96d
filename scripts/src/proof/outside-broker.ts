import { type Broker, createBroker } from '@yaguts/broker';
import { encode, type Principal, topic } from '@yaguts/shared';
import { publishPacket } from '../bench/mqtt-wire.ts';
import { type CuttingProxy, openCuttingProxy } from './cutting-proxy.ts';
import { proofOrg } from './kitchen.ts';
import { seeded } from './random.ts';
import type { ReportSeen } from './wire-tap.ts';

/** A broker that is not the platform's own: its PUBACK says that the broker has a message, and no more. */
export interface OutsideBroker {
  /** What makes a platform use it. */
  readonly env: Readonly<Record<string, string>>;
  devicePort(): number;
  /** It falls with everything it holds, and another one takes its place. */
  restart(): Promise<void>;
  /** An ack such as a device would give itself that takes the PUBACK of this entry for one. */
  ackOf(report: ReportSeen): Buffer;
  close(): Promise<void>;
}

/** Opens it on a free port; the platform reaches it by a relay that keeps its address. */
export async function openOutsideBroker(): Promise<OutsideBroker> {
  const relay: CuttingProxy = await openCuttingProxy({ random: seeded(1), events: {} });
  let broker: Broker;
  let port = 0;
  async function open(): Promise<void> {
    broker = await createBroker({ authenticate: ({ username = '' }) => whoIs(username), log: () => {} });
    ({ port } = await broker.listenTcp({ host: '127.0.0.1', port: 0 }));
    relay.target = port;
  }
  await open();
  return {
    env: { YAGUTS_MQTT_URL: `mqtt://127.0.0.1:${relay.port}` },
    devicePort: () => port,
    async restart() {
      await broker.close();
      await open();
    },
    ackOf({ device, jobId, item, token }) {
      const name = topic('jobAck', { org: proofOrg, device, job_id: jobId });
      return publishPacket(
        0xffff,
        name,
        encode('jobAck', { token, itens: [item as number], complete: false }),
        false,
      );
    },
    async close() {
      await relay.close();
      await broker.close();
    },
  };
}

function whoIs(username: string): Principal {
  const [org = '', name = ''] = username.split('.');
  const credential = username;
  return org === '_server'
    ? { kind: 'api', instance: name, credential }
    : { kind: 'device', org, device: name, credential };
}
