import { topic } from '@yaguts/shared';
import type { LoadAddress } from './entry-device.ts';
import { entryOf, type LoadDevice, type LoadEvents, type LoadJob } from './load.ts';
import { openWireClient } from './wire-client.ts';

const itens = 24;
const job: LoadJob = {
  job_id: 123_456,
  seq: 123_456,
  token: '9f3c2a71d05be864',
  itens: Array.from({ length: itens }, (_, i) => ({
    item_ordem: i + 1,
    frasco: (i % 4) + 1,
    tempero: `tempero ${(i % 4) + 1}`,
    quantidade_g: 1,
    ms: 1_000,
  })),
};

/** The same entries to a bare broker: retained, QoS 1, freed by the PUBACK, which is all that it has to give. */
export async function openBareDevice(
  at: LoadAddress,
  entries: number,
  events: LoadEvents,
): Promise<LoadDevice> {
  const sent = new Map<number, number>();
  let count = 0;
  let window = 0;
  const client = await openWireClient({
    port: at.port,
    clientId: `${at.org}.${at.device}`,
    password: at.password,
    ...(at.socket && { socket: at.socket }),
    filters: [],
    onLost: events.failed,
    onPuback(id) {
      const sentAt = sent.get(id);
      if (sentAt === undefined) return;
      sent.delete(id);
      events.acked(performance.now() - sentAt);
      fill();
    },
  });

  function sendOne(): boolean {
    if (count === entries) return false;
    const item_ordem = (count++ % itens) + 1;
    const name = topic('jobLog', { org: at.org, device: at.device, job_id: job.job_id, item_ordem });
    const sentAt = performance.now();
    sent.set(client.publish(name, entryOf(job, item_ordem), true), sentAt);
    return true;
  }

  function fill(): void {
    while (sent.size < window && sendOne());
  }

  return {
    sendOne,
    open(size) {
      window = size;
      fill();
    },
    close: client.close,
  };
}
