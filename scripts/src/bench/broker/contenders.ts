import { type Child, startChild, type Usage } from '../child.ts';
import { startMosquitto } from '../mosquitto.ts';
import type { BrokerQuestions } from './broker-questions.ts';

/** A broker under load, in a process of its own. */
export interface Contender {
  readonly port: number;
  readonly wsPort: number;
  readonly tlsPort: number;
  usage(): Promise<Usage>;
  /** What our own and bare aedes can be asked besides. */
  readonly child?: Child<BrokerQuestions>;
  stop(): Promise<void>;
}
export type Start = () => Promise<Contender>;

interface ChildOptions {
  readonly tls?: { key: string; cert: string };
  /** With the caps per device and address that a bench otherwise lifts. */
  readonly hasCaps?: boolean;
}

/** Our broker without a database. */
export const startOurs = (options: ChildOptions = {}): Promise<Contender> =>
  startBroker('broker/our-broker-process', options);

/** Our broker, every message committed before its PUBACK. */
export async function startOursCommitting(): Promise<Contender> {
  const ours = await startOurs();
  await ours.child?.ask('commitFirst', null);
  return ours;
}

/** aedes as it comes. */
export const startBare = (options: ChildOptions = {}): Promise<Contender> =>
  startBroker('broker/bare-broker-process', options);

async function startBroker(module: string, { tls, hasCaps }: ChildOptions): Promise<Contender> {
  const child = startChild<BrokerQuestions>(module, hasCaps ? { BENCH_CAPS: 'on' } : {});
  const { port, wsPort, tlsPort = 0 } = await child.ask('listen', tls ? { tls } : {});
  return { port, wsPort, tlsPort, child, usage: () => child.ask('usage', null), stop: () => child.stop() };
}

/** mosquitto, which tells its CPU time and nothing else; over WebSocket both ports are the same. */
export async function startMosquittoAt(
  program: string,
  protocol: 'mqtt' | 'websockets' = 'mqtt',
): Promise<Contender> {
  const { port, cpuMs, stop } = await startMosquitto(program, protocol);
  return {
    ...{ port, wsPort: port, tlsPort: 0, stop },
    usage: async () => ({ cpuMs: cpuMs(), peakMib: 0, heapMib: 0 }),
  };
}
