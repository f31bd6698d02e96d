import type { Duplex } from 'node:stream';
import { type JobAck, matchTopic, topic, topicFilter } from '@yaguts/shared';
import { entryOf, type LoadDevice, type LoadEvents, type LoadJob } from './load.ts';
import { openWireClient } from './wire-client.ts';

export interface LoadAddress {
  readonly port: number;
  readonly org: string;
  readonly device: string;
  readonly password: string;
  /** Something else than plain TCP to the port. */
  readonly socket?: Duplex;
}

/**
 * A device that streams the entries of its jobs, as one does that has been offline for long: what is measured
 * is the way from entry to ack, not the handshakes between two jobs.
 */
export async function openEntryDevice(
  at: LoadAddress,
  jobs: readonly LoadJob[],
  events: LoadEvents,
): Promise<LoadDevice> {
  const own = { org: at.org, device: at.device };
  const sent = new Map<string, number>();
  let window = 0;
  let next = { job: 0, item: 1 };

  const client = await openWireClient({
    port: at.port,
    clientId: `${at.org}.${at.device}`,
    password: at.password,
    filters: [topicFilter('jobAck', own)],
    onLost: events.failed,
    onMessage(name, payload) {
      const match = matchTopic(name);
      if (match?.key !== 'jobAck') return;
      // Our own platform's payload; a schema here would measure the generator.
      const ack = JSON.parse(payload.toString('utf8')) as JobAck;
      if (ack.rejected?.length) events.failed(new Error(`put aside: ${JSON.stringify(ack.rejected)}`));
      for (const item of ack.itens) acked(`${match.params.job_id}/${item}`);
      fill();
    },
  });

  function acked(key: string): void {
    const sentAt = sent.get(key);
    if (sentAt === undefined) return;
    sent.delete(key);
    events.acked(performance.now() - sentAt);
  }

  function sendOne(): boolean {
    const job = jobs[next.job];
    if (!job) return false;
    const { job_id } = job;
    const item_ordem = next.item;
    next = item_ordem < job.itens.length ? { ...next, item: item_ordem + 1 } : { job: next.job + 1, item: 1 };
    sent.set(`${job_id}/${item_ordem}`, performance.now());
    events.sent?.(job_id, item_ordem);
    client.publish(topic('jobLog', { ...own, job_id, item_ordem }), entryOf(job, item_ordem), true);
    return true;
  }

  function fill(): void {
    while (sent.size < window && sendOne());
  }

  return {
    sendOne,
    open(entries) {
      window = entries;
      fill();
    },
    close: client.close,
  };
}
