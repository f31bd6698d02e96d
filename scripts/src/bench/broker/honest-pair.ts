import { topic, topicFilter } from '@yaguts/shared';
import { benchOrg } from '../bench-kitchen.ts';
import { startChild } from '../child.ts';
import { percentile } from '../figures.ts';
import { openWireClient, type WireClient } from '../wire-client.ts';
import type { AttackQuestions } from './attack-process.ts';
import { type AttackName, attacks } from './attacks.ts';
import { startOurs } from './contenders.ts';

/** What the honest ones felt of one attack, or of none. */
export interface Disturbance {
  readonly name: AttackName | 'nobody else';
  readonly p50Ms: number;
  readonly longestMs: number;
  readonly messages: number;
}

/** Speakers: each says 12 messages a second, below what a device may, so that a delay is not missed. */
const speakers = 10;
const everyMs = 80;

/**
 * Devices that speak and one person who hears them, while others misbehave, one case after the other. The
 * broker has all its caps, as a platform has.
 *
 * @throws Error when an honest connection is closed or a message does not arrive
 */
export async function disturbances(msEach: number): Promise<readonly Disturbance[]> {
  const broker = await startOurs({ hasCaps: true });
  const attacker = startChild<AttackQuestions>('broker/attack-process');
  try {
    const pair = await openPair(broker.port);
    const measured: Disturbance[] = [{ name: 'nobody else', ...(await pair.talk(msEach)) }];
    const { port, wsPort } = broker;
    for (const name of Object.keys(attacks) as AttackName[]) {
      await attacker.ask('begin', { name, port, wsPort });
      measured.push({ name, ...(await pair.talk(msEach)) });
      await attacker.ask('end', null);
    }
    pair.close();
    return measured;
  } finally {
    await attacker.stop();
    await broker.stop();
  }
}

interface Pair {
  talk(ms: number): Promise<Omit<Disturbance, 'name'>>;
  close(): void;
}

async function openPair(port: number): Promise<Pair> {
  const sent = new Map<string, number>();
  let took: number[] = [];
  let lost: Error | undefined;
  const open = (clientId: string, filters: readonly string[]): Promise<WireClient> =>
    openWireClient({
      ...{ port, clientId, filters, password: '-' },
      onLost: (error) => void (lost ??= error),
      onMessage(_topic, payload) {
        const sentAt = sent.get(payload.toString());
        if (sentAt === undefined) return;
        sent.delete(payload.toString());
        took.push(performance.now() - sentAt);
      },
    });
  const names = Array.from({ length: speakers }, (_, n) => `honest-${n}`);
  const hearer = await open(
    'u.honest.tab',
    names.map((device) => topicFilter('jobLog', { org: benchOrg, device })),
  );
  const devices: WireClient[] = [];
  for (const name of names) devices.push(await open(`${benchOrg}.${name}`, []));
  let count = 0;

  function say(): void {
    const n = count++;
    const device = n % speakers;
    sent.set(String(n), performance.now());
    const at = { org: benchOrg, device: names[device] as string, job_id: 1, item_ordem: 1 };
    devices[device]?.publish(topic('jobLog', at), String(n), false);
  }

  return {
    async talk(ms) {
      took = [];
      const before = count;
      const timer = setInterval(say, everyMs / speakers);
      await new Promise((resolve) => setTimeout(resolve, ms));
      clearInterval(timer);
      await allArrived();
      return {
        p50Ms: percentile(took, 50),
        longestMs: Math.max(...took),
        messages: count - before,
      };
    },
    close() {
      for (const client of [hearer, ...devices]) client.close();
    },
  };

  async function allArrived(): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (sent.size > 0) {
      if (lost) throw lost;
      if (performance.now() > deadline) throw new Error(`${sent.size} messages of the honest ones are lost`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
