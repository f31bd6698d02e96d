import type { Server } from 'node:net';
import { topic } from '@yaguts/shared';
import type { CommonQuestions } from '../child.ts';

/** What a broker in a process of its own can be asked. */
export interface BrokerQuestions extends CommonQuestions {
  listen: { in: { tls?: { key: string; cert: string } }; out: Ports };
  /** Keeps so many retained messages from now on, one per `retainedTopic`. */
  retain: { in: number; out: null };
  /** From now on every message is committed with FULL before its PUBACK. */
  commitFirst: { in: null; out: null };
  /** How many topics it has committed a message of. */
  kept: { in: null; out: number };
  /** Resident memory after a collection. */
  residentMib: { in: null; out: number };
}
export interface Ports {
  readonly port: number;
  readonly wsPort: number;
  readonly tlsPort?: number;
}

/** The n-th retained topic, of a hundred other organisations: eight frascos to a device. */
export const retainedTopic = (n: number): string =>
  topic('estoque', {
    org: `o-${n % 100}`,
    device: `r-${Math.floor(n / 800)}`,
    frasco: (Math.floor(n / 100) % 8) + 1,
  });

/** What this process occupies, without what waits for the collector. */
export function residentMib(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage.rss() / 1_048_576;
}

/** Listens on a free loopback port; resolves with it. */
export function listeningPort(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}
